"""The console script ``fcu-conform``: one module a command."""

from fcu_conform.faces.console.app import main

__all__ = ["main"]
