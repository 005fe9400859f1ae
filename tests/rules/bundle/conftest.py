"""The setup that bundles are judged with."""

import pytest

from fcu_conform.artefacts.setup import Setup

from .judging import make_setup


@pytest.fixture(scope="session")
def setup(tmp_path_factory: pytest.TempPathFactory) -> Setup:
    return make_setup(tmp_path_factory.mktemp("bundles") / "keystore")
