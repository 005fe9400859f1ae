"""An adapter whose library is nowhere installed."""

from __future__ import annotations

import no_such_package  # type: ignore[import-not-found]

Missing = no_such_package.Missing
