"""The `reference-ca` command: every error is one line, and the exit code says whether it was the usage (2) or
the matter (1).
"""

from reference_ca.console.app import cli, main

__all__ = ["cli", "main"]
