"""``python -m fcu_conform``: the console script."""

import sys

from fcu_conform.interfaces.console import main

if __name__ == "__main__":
    sys.exit(main())
