"""Chains and devices made by other people's tools: only errors that the documentation requires."""

from __future__ import annotations

import base64
import re
import shutil
from datetime import datetime, timedelta, timezone
from importlib.util import find_spec
from pathlib import Path

import pytest
from _pytest.mark import ParameterSet
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from fcu_conform.artefacts.encodings.private_keys import PrivateKey, parse_private_key
from fcu_conform.engine import Outcome
from fcu_conform.rules import CATALOGUE

from .cases import CRT, KEY, Room, settings
from .floor import output, upload
from .natural_chains import DEVICE, TOOLS, Bench, Tool, keytool
from .verdict import codes, ending, judged, told


def lay_out(tool: Tool, base: Path) -> Room:
    """The keystore, a device with a chain of 3, and the upload, made by one tool and judged at the present instant."""
    missing = [command for command in tool.needs if shutil.which(command) is None]
    if missing or not (tool.needs or find_spec(tool.package)):
        pytest.skip(f"{tool.package} is not installed: {', '.join(missing) or 'no such module'}")
    room = Room(base)
    folder = base / "bench"
    folder.mkdir()
    bench = Bench(folder)
    tool.make(bench)
    device, fcu, intermediate, root = (
        certificate(bench.read(f"{name}.crt")) for name in ("device", "fcu", "intermediate", "root")
    )
    room.put(KEY, bench.read("fcu.key"), 0o600)
    room.put(CRT, fcu + intermediate + root)
    room.config(settings(intermediate="true", depth=3))
    output(room, f"{DEVICE}.pem", device + fcu + intermediate)
    upload(room, root)
    room.at = datetime.now(timezone.utc) + timedelta(seconds=2)
    return room


def certificate(text: str) -> str:
    """A file's first certificate, without the words around it and the issuers that some tools put behind it."""
    last = "-----END CERTIFICATE-----\n"
    return text[text.index("-----BEGIN") : text.index(last) + len(last)]


def parameters() -> list[ParameterSet]:
    """Each tool; Java's starts a virtual machine 14 times, which takes half a minute."""
    slow = (pytest.mark.long,)
    return [pytest.param(tool, id=tool.name, marks=slow if tool.make is keytool else ()) for tool in TOOLS]


@pytest.mark.parametrize("tool", parameters())
def test_output_of_other_tools_has_only_documented_errors(tool: Tool, tmp_path: Path) -> None:
    report = judged(lay_out(tool, tmp_path), "auto")
    assert not isinstance(report, Exception), str(report)
    found = codes(report, "error")
    assert found == tool.documented, told(report, found | tool.documented)
    assert {r.outcome for r in report.results if r.code in ("CHN013", "DEV024")} <= {
        Outcome.PASSED,
        Outcome.NOT_APPLICABLE,
    }
    assert not ending(report, "error")
    assert not ending(report, "blocked")
    assert (report.devices.checked, report.devices.conformant) == (1, 1)


@pytest.mark.skipif(shutil.which("certtool") is None, reason="gnutls-bin is not installed")
def test_a_key_that_certtool_writes_in_33_octets_is_refused_and_fixed_by_the_command(tmp_path: Path) -> None:
    """GnuTLS writes a scalar whose first bit is set in 33 octets. RFC 5915 has 32; cryptography 50 refuses others."""
    bench, seen = Bench(tmp_path), set()
    (rule,) = (rule for rule in CATALOGUE if rule.code == "KEY002")
    (command,) = re.findall(r"openssl pkey .*? -out NEW", rule.fix)
    for _ in range(64):
        bench.run(f"certtool --generate-privkey --key-type ecdsa --curve secp256r1 --outfile {KEY}")
        before = bench.read(KEY)
        bench.run(command)
        assert bench.read(KEY) == before, "openssl empties a file that it is to read and to write"
        raw, mended = key_in(before), key_in(bench.read("NEW"))
        long = len(raw.scalar.reveal()) == 33
        assert ("33 octets" in raw.structure_fault) if long else raw.structure_fault == ""
        assert long or load_pem_private_key(before.encode(), None)
        assert mended.structure_fault == ""
        assert raw.public_key is not None
        assert raw.public_key == mended.public_key
        assert load_pem_private_key(bench.read("NEW").encode(), None)
        seen.add(long)
        if len(seen) == 2:
            return
    pytest.fail("64 keys of the same form")


def key_in(text: str) -> PrivateKey:
    """The key of a file, whatever words stand before it."""
    body = text[text.index("-----BEGIN") :].splitlines()[1:-1]
    return parse_private_key(base64.b64decode("".join(body)))
