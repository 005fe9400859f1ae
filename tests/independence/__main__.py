"""See `independence.pairs`: ``python -m independence`` tries every two defects, with ``--rules`` one for each rule."""

from __future__ import annotations

import sys

from independence.pairs import DEFECTS, main, representatives

sys.exit(main(representatives() if "--rules" in sys.argv[1:] else list(DEFECTS)))
