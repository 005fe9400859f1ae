"""Broken input of every kind: no reader raises or is slow, none shows a secret, and no rule breaks on it."""

from __future__ import annotations

import pytest
from secrecy.canary import Canary

from .factory import Factory, make_factory
from .readers import Reader, explore, fault_of, faults
from .table import all_readers

QUICK, JUDGED = 60, 4
"""Inputs of a reader by itself, and of one whose file is judged in a whole setup."""


@pytest.fixture(scope="module")
def readers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Reader]:
    factory = make_factory(tmp_path_factory.mktemp("readers") / "line")
    return {reader.name: reader for reader in all_readers(factory)}


@pytest.fixture(scope="module")
def canaries(sound: Factory) -> list[Canary]:
    return [Canary(secret) for secret in sound.secrets()]


NAMES = (
    "der",
    "certificate",
    "request",
    "private-key",
    "pem",
    "key-file",
    "certificate-file",
    "request-file",
    "yaml",
    "cbor",
    "bundle",
    "manifest",
    "judged-key",
    "judged-chain",
    "judged-request",
    "judged-yaml",
    "judged-upload",
    "judged-toml",
    "judged-copy",
    "judged-device",
    "judged-both-ways",
    "judged-der",
    "judged-device-key",
    "judged-bundle",
    "judged-manifest",
    "judged-tar",
    "judged-tgz",
    "judged-zip",
    "judged-details",
    "judged-lines",
    "judged-lines-packed",
    "judged-parquet",
    "waivers",
    "git-index",
    "git-config",
    "git-ignore",
    "report",
    "statement",
    "signed-statement",
    "handed-in",
    "public-key",
    "signing-key",
    "answer",
    "journal",
    "chunk-result",
)


def test_every_reader_is_in_the_list(readers: dict[str, Reader]) -> None:
    assert tuple(readers) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_reader_handles_any_input(name: str, readers: dict[str, Reader], canaries: list[Canary]) -> None:
    reader = readers[name]

    def traces(text: str) -> list[str]:
        return [form for canary in canaries for form in canary.traces(text)]

    count = JUDGED if name.startswith("judged") else QUICK
    assert [f"{fault.number}: {fault.what}" for fault in faults(reader, range(count), traces)] == []


@pytest.mark.parametrize("name", NAMES)
def test_a_seed_determines_the_input_and_most_inputs_are_broken(name: str, readers: dict[str, Reader]) -> None:
    reader = readers[name]
    made = [reader.input(number) for number in range(8)]
    assert made == [reader.input(number) for number in range(8)]
    assert len(set(made)) >= 4
    assert sum(data not in reader.seeds for data in made) >= 4


def test_a_reader_that_raises_or_shows_a_secret_is_caught(readers: dict[str, Reader]) -> None:
    """The tests above would find nothing if this broke."""

    def raises(_data: bytes) -> str:
        raise KeyError("a header")

    def tells(data: bytes) -> str:
        return data.hex()

    secret = bytes(range(100, 132))
    one = readers["pem"]
    assert "KeyError: 'a header'" in fault_of(Reader("x", one.seeds, one.mutate, raises), b"", Canary(secret).traces)
    assert "shows a secret" in fault_of(Reader("x", one.seeds, one.mutate, tells), secret, Canary(secret).traces)
    assert fault_of(Reader("x", one.seeds, one.mutate, tells), b"something else", Canary(secret).traces) == ""


def test_lazy_properties_are_explored_as_well() -> None:
    class Lazy:
        @property
        def late(self) -> str:
            raise ValueError("found")

    Lazy.__module__ = "fcu_conform.somewhere"
    with pytest.raises(ValueError, match="found"):
        list(explore(Lazy()))
