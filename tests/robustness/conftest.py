"""One sound factory for all traps, and a copy of it for each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from .commands import Done, picture, trespasses
from .factory import Factory, make_factory


@pytest.fixture(scope="session")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Factory:
    """The setup that is broken; nobody changes this one."""
    return make_factory(tmp_path_factory.mktemp("sound") / "line")


@pytest.fixture
def factory(sound: Factory, tmp_path: Path) -> Factory:
    """A copy of it, to be broken."""
    return sound.copy_to(tmp_path / "line")


Held = Callable[[Callable[[], Done]], Done]


@pytest.fixture
def held(sound: Factory, factory: Factory) -> Held:
    """Runs a command and makes sure that it did nothing that none may do, to the setup least of all."""

    def held(command: Callable[[], Done]) -> Done:
        before = picture(factory.folder)
        done = command()
        assert trespasses(done, sound.secrets()) == []
        assert picture(factory.folder) == before
        return done

    return held
