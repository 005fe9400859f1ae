"""Configurations and bundles that blow up, names and arguments that try to control a terminal: reported, harmless."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from .commands import PYTEST, elsewhere, failed, judge, run
from .conftest import Held
from .factory import CONFIG, DEVICES, Factory

ESCAPES = "\x1b]0;owned\x07\x1b[2J\u202e\r\n::error::"

LAUGHS = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 10)
)


@pytest.mark.parametrize(
    "text",
    [
        LAUGHS,
        "x: !!python/object/apply:os.system ['touch owned']\n",
        "!!python/name:os.system x: 1\n",
        "x: !<tag:yaml.org,2002:python/object/new:os.system> [touch owned]\n",
        "a: &a\n  <<: *a\n",
        "a: &a [*a]\nb: {<<: [*a, *a]}\n",
        "[" * 60_000,
        "{a: " * 30_000,
        "? " * 40_000,
        "- " * 60_000,
        "x: " + "1" * 120_000 + "\n",
        "x: " + "1:" * 60_000 + "1\n",
        "x: '" + "a\n" * 60_000,
        "&a " * 40_000,
        "x: &x1\n" + "y: *x2\n",
        "x: |1000000000\n y\n",
        "%TAG ! tag:yaml.org,2002:python/\n---\nx: !object/apply:os.system [true]\n",
        'x: "\\ud800\\U7fffffff"\n',
        f"device-certificate-chain-depth: 2\n{'x' * 70_000}: 1\n",
    ],
    ids=lambda text: text[:24].replace("\n", " "),
)
def test_a_hostile_configuration_is_read_without_harm(text: str, factory: Factory, held: Held) -> None:
    factory.put(CONFIG, text.encode("utf-8", "surrogatepass"))
    done = held(lambda: judge(factory, "-k", "CFG"))
    assert done.code == 1
    assert failed(done) & {"CFG001", "CFG003", "CFG012"}
    assert not list(factory.folder.parent.rglob("owned"))


def nested(count: int) -> bytes:
    return b"\x81" * count + b"\x00"


BUNDLES: list[bytes] = [
    nested(100_000),
    b"\xa1" * 50_000,
    b"\xd8\x1c" * 10_000 + b"\x80",
    b"\x9b\x00\x00\x00\x02\x00\x00\x00\x00",
    b"\xbb\xff\xff\xff\xff\xff\xff\xff\xff",
    b"\x5b\x00\x00\x00\x7f\xff\xff\xff\xff" + b"x" * 100,
    b"\xc2\x5a\x00\x03\xe8\x00" + b"\xff" * 256_000,
    b"\xc4\x82\x1b\x7f\xff\xff\xff\xff\xff\xff\xff\x01",
    b"\x9f" * 100_000,
    b"\xa2\x61a\xd8\x1d\x00\x61b\xd8\x1c\x81\xd8\x1d\x00",
    b"\xd9\x01\x02" + b"\x80",
    b"\x7f" + b"\x61a" * 120_000 + b"\xff",
]


def test_hostile_bundles_are_read_without_harm(factory: Factory, held: Held) -> None:
    for number, data in enumerate(BUNDLES):
        factory.put(f"{DEVICES}/trap-{number:02}.cbor", data)
    done = held(lambda: judge(factory, "-k", "BDL or DEV001"))
    assert done.code == 1
    told = [number for number in range(len(BUNDLES)) if f"trap-{number:02}.cbor" in done.out]
    assert told == list(range(len(BUNDLES)))


def a_device(factory: Factory) -> list[str]:
    factory.put(f"{DEVICES}/lamp{ESCAPES.replace('/', '')}.pem", b"x")
    (factory / DEVICES / "lamp\udcff.pem").write_bytes(b"x")
    return []


def a_copy_of_the_key(factory: Factory) -> list[str]:
    factory.put(f"keystore/{ESCAPES.replace('/', '')}.bak", (factory / "keystore/fcu_private_key.pem").read_bytes())
    return []


def a_setting(factory: Factory) -> list[str]:
    factory.put(CONFIG, b'device-certificate-chain-depth: 2\n? "\\e[2J\\e]0;x\\a\\u202e"\n: 1\nvendor-id: "\\e[31m"\n')
    return []


def a_row_of_the_manifest(factory: Factory) -> list[str]:
    rows = f'endpoint_name,file\n"{ESCAPES}","{ESCAPES}.pem"\n"x","../{ESCAPES}"\n'
    factory.put(f"{DEVICES}/devices.csv", rows.encode())
    return []


def an_option(factory: Factory) -> list[str]:
    return [f"--fcu-at={ESCAPES}"]


def a_path_that_is_not_there(factory: Factory) -> list[str]:
    return [f"--fcu-devices={factory.folder}/{ESCAPES}\udcff"]


def a_rule_to_select(factory: Factory) -> list[str]:
    return [f"fcu::{ESCAPES}"]


def a_report(factory: Factory) -> list[str]:
    return [f"--fcu-report={ESCAPES}.exe"]


@pytest.mark.parametrize(
    ("where", "code"),
    [
        (a_device, 1),
        (a_copy_of_the_key, 1),
        (a_setting, 1),
        (a_row_of_the_manifest, 1),
        (an_option, 4),
        (a_path_that_is_not_there, 4),
        (a_rule_to_select, 4),
        (a_report, 4),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_names_that_would_control_a_terminal_are_shown_escaped(
    where: Callable[[Factory], list[str]], code: int, factory: Factory, held: Held
) -> None:
    arguments = where(factory)
    done = held(lambda: judge(factory, *arguments))
    assert done.code == code
    assert "\\x1b" in done.text


def test_a_keystore_with_an_unusual_name_is_judged_under_that_name(factory: Factory, held: Held) -> None:
    odd: Path = factory.folder / "key\x1b[2J\nstore\udcff"
    factory.keystore.rename(odd)
    done = held(lambda: run(*PYTEST, f"--fcu-keystore={odd}", "--junitxml=/dev/null", cwd=elsewhere(factory)))
    assert done.code == 0
    assert "key\\x1b[2J\\nstore\\udcff" in done.out
