"""Names that the suite is known by within pytest."""

SUITE = "fcu-conform-suite"
"""Name that the suite is registered under with pytest's plugin manager, in runs that ask for it."""
