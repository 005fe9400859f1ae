"""Builds the documentation: ``tox -e docs``, or ``sphinx-build -W docs OUT``. Needs no network."""

from __future__ import annotations

import sys
from pathlib import Path

from sphinx.application import Sphinx

sys.path.insert(0, str(Path(__file__).parent))

import catalogue  # the page of rules, written anew from the code at every build

from fcu_conform import __version__

project = "fcu-conform"
author = "The fcu-conform authors"
copyright = f"2026, {author}"
release = version = __version__

extensions = ["myst_parser"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 4
nitpicky = True
smartquotes = False  # what users type must stay as it is
exclude_patterns = ["_build", "examples"]

html_theme = "furo"
html_title = f"fcu-conform {release}"
html_static_path = ["_static"]
html_css_files = ["wide-tables.css"]
html_theme_options = {"light_css_variables": {"font-stack--monospace": "ui-monospace, Menlo, Consolas, monospace"}}


def setup(app: Sphinx) -> None:
    """Writes the pages that are made from the code before Sphinx looks for pages."""
    app.connect("builder-inited", lambda app: catalogue.write(Path(app.srcdir) / "rules"))
