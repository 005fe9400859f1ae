"""What people see on the terminal, word for word: compared with the files beside this one in ``snapshots``.

Where a change is meant, `tox -e expected -- --write` writes them anew; read the difference before it is committed.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from repository.generated import NEXT

from fcu_conform.artefacts.ca_context import Slicing
from fcu_conform.artefacts.encodings.certificate import Certificate
from fcu_conform.artefacts.text_width import columns
from fcu_conform.interfaces.console.app import application
from fcu_conform.rules import CATALOGUE
from fcu_conform.rules.support.chain_diagram import draw_chain
from interfaces.record_snapshots import WRITES

FOLDER = Path(__file__).parent / "snapshots"

RULES = "CHN001 or CHN003 or CHN005 or KEY006 or KEY009 or CHN014"
"""A few rules, so that a new one elsewhere changes no snapshot."""


def compare(name: str, text: str) -> None:
    path = FOLDER / f"{name}.txt"
    if os.environ.get(WRITES):
        path.write_text(text, encoding="utf-8", newline="\n")
    assert text == path.read_text(encoding="utf-8"), NEXT


def ours(result: pytest.RunResult, folder: Path) -> str:
    """The suite's own part of the output, without what another version of pytest or another rule would change."""
    lines = [line.replace(str(folder), "/somewhere") for line in result.outlines]
    begin = next((n for n, line in enumerate(lines) if re.search(r"FAILED.*fcu::.*  |WARNING", line)), len(lines))
    end = next((n for n, line in enumerate(lines) if "short test summary" in line), begin)
    if end == begin:
        end = next((n for n, line in enumerate(lines) if "FCU conformance" in line), begin)
    told = [line for line in lines if line.startswith(("fcu-", "fcu::"))]
    told += ["", *lines[begin:end], "", *(line for line in lines if "FCU conformance" in line)]
    text = "\n".join(told) + "\n"
    text = re.sub(r"fcu-conform: .*, \d+ rules", "fcu-conform: VERSION, N rules", text)
    text = re.sub(r"\d+ not run", "N not run", text)
    # The styles of its section lines are pytest's.
    return re.sub(
        r"^(?:\x1b\[\d+(?:;\d+)*m)*([=_]{3,}.*)$", lambda m: re.sub(r"\x1b\[[\d;]*m", "", m[1]), text, flags=re.M
    )


@pytest.fixture
def line(disordered: Path, pytester: pytest.Pytester) -> Path:
    """A keystore with two faults at the place ``line-1/keystore`` of the current folder."""
    shutil.move(disordered.parent, pytester.path / "line-1")
    (pytester.path / "line-1" / "keystore" / "fcu_private_key.pem").chmod(0o644)
    return Path("line-1/keystore")


@pytest.mark.parametrize(
    ("name", "width", "options"),
    [
        ("failing-80", 80, ["--color=no"]),
        ("failing-120", 120, ["--color=no"]),
        ("failing-80-colour", 80, ["--color=yes"]),
        ("failing-120-colour", 120, ["--color=yes"]),
        ("failing-80-quiet", 80, ["--color=no", "-q"]),
        ("failing-120-verbose", 120, ["--color=no", "-v"]),
    ],
)
def test_the_output_of_a_failing_run_is_as_recorded(run, line: Path, pytester, terminal, name, width, options) -> None:
    terminal(width)
    result = run(line, "-k", RULES, "-p", "no:cacheprovider", "--fcu-validators=cryptography", *options)
    text = ours(result, pytester.path)
    assert "KEY006" in text
    compare(name, text)
    if "colour" not in name:
        # The verdict stays one line, for those who look for it with grep.
        lines = [line for line in text.splitlines() if not line.startswith("FCU conformance")]
        assert max(map(columns, lines)) <= width


def test_the_output_of_a_run_with_warnings_is_as_recorded(run, keystore: Path, pytester, terminal) -> None:
    shutil.move(keystore.parent, pytester.path / "line-1")
    result = run(
        Path("line-1/keystore"), "-k", RULES, "-p", "no:cacheprovider", "--fcu-validators=cryptography", "--color=no"
    )
    assert result.ret == 0
    compare("warning-80", ours(result, pytester.path))


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("code", ["CHN003", "UPL003"])
def test_the_output_of_explain_is_as_recorded(terminal: Callable[[int], None], code: str, width: int) -> None:
    terminal(width)
    result = CliRunner().invoke(application, ["explain", code])
    wide = [line for line in result.output.splitlines() if columns(line) > width]
    assert all(CATALOGUE[code].fix in line for line in wide), "only a command may be wider than the terminal"
    compare(f"explain-{code}-{width}", result.output)


@pytest.mark.parametrize("width", [80, 120])
def test_the_catalogue_keeps_within_the_terminal(terminal: Callable[[int], None], width: int) -> None:
    terminal(width)
    lines = CliRunner().invoke(application, ["rules"]).output.splitlines()
    assert max(map(columns, lines)) <= width
    assert [line.split()[:3] for line in lines if line.startswith("CHN003")] == [["CHN003", "error", "page"]]


def test_every_snapshot_is_compared() -> None:
    written = {path.stem for path in FOLDER.iterdir()}
    runs = {f"failing-{rest}" for rest in ("80", "120", "80-colour", "120-colour", "80-quiet", "120-verbose")}
    explained = {f"explain-{code}-{width}" for code in ("CHN003", "UPL003") for width in (80, 120)}
    assert written == {*runs, *explained, "warning-80"}


def test_a_drawing_stays_aligned_for_names_in_any_script(tmp_path: Path) -> None:
    from datetime import datetime, timezone

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    certificates = []
    for number, common_name in enumerate(("FCU line 1", "工場の認証局", "Zwischen-CA é", "한국 🏭"), start=1):
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, common_name)])
        builder = x509.CertificateBuilder(name, name, key.public_key(), number)
        builder = builder.not_valid_before(datetime(2026, 1, 1, tzinfo=timezone.utc))
        signed = builder.not_valid_after(datetime(2061, 1, 1, tzinfo=timezone.utc)).sign(key, hashes.SHA256())
        certificates.append(Certificate(signed.public_bytes(serialization.Encoding.DER)))
    rows = draw_chain(Slicing(2, tuple(certificates)), uploaded=certificates[1:])
    begins = {columns(row.split("uploaded")[0]) for row in rows if "uploaded" in row}
    assert len(begins) == 1
    assert len([row for row in rows if "uploaded" in row]) == 3
