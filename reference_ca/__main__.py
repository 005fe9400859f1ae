"""`python -m reference_ca`: the same as the `reference-ca` command."""

from reference_ca.console import main

if __name__ == "__main__":
    main()
