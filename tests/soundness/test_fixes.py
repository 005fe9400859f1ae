"""Each fix that is a command is run on the broken file, and what it writes is judged."""

from __future__ import annotations

import base64
import re
import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, pkcs12

from fcu_conform import Report, check
from fcu_conform.engine.results import Result
from fcu_conform.rules.model import Finding, Level
from reference_ca import KeySource
from reference_ca.defects import DEFECTS, FactorySetup, SetupParameters
from reference_ca.defects.plan import CERTIFICATE_FILE, KEY_FILE, REQUEST_FILE, UPLOAD_FILE

AT = datetime(2026, 6, 1, tzinfo=timezone.utc)
PASSWORD = b"in the envelope"
COMMAND = re.compile(r"(?:put NEW [^:]*: )?(.*?(?:-out|>|-f) NEW)")
FILES = {path.rpartition("/")[2]: path for path in (KEY_FILE, CERTIFICATE_FILE, REQUEST_FILE, UPLOAD_FILE)}

BY_DEFECT = [
    "chain-in-pkcs7-block",
    "fcu-crt-is-der",
    "fcu-crt-is-pkcs7",
    "fcu-crt-turns-to-utf16",
    "fcu-crt-with-blank-lines",
    "fcu-crt-with-carriage-returns",
    "fcu-crt-without-markers",
    "intermediate-as-trusted-certificate",
    "key-indented",
    "key-is-der",
    "key-is-jwk",
    "key-of-another-label",
    "key-with-explicit-curve",
    "key-without-markers",
    "key-without-public-half",
    "request-is-der",
    "request-without-markers",
    "upload-is-der",
    "upload-is-pkcs7",
    "uploaded-under-old-block-name",
]
LEFT = {
    "chain-in-pkcs7-block": {"CHN003"},
    "fcu-crt-is-pkcs7": {"CHN003"},
    "fcu-crt-without-markers": {"CFG006", "CHN011"},
    "upload-is-der": {"UPL003"},
    "upload-is-pkcs7": {"UPL002"},
}
"""What is told next: PKCS#7 is a set, which keeps no order; and of one certificate the rest of the chain is missing."""


def _pkcs12(setup: FactorySetup, *, with_key: bool) -> bytes:
    own, *others = [x509.load_der_x509_certificate(one.der) for one in setup.chain]
    encryption = PrivateFormat.PKCS12.encryption_builder().kdf_rounds(50).build(PASSWORD)
    key: Any = setup.key if with_key else None
    first, rest = (own, others) if with_key else (None, [own, *others])
    return pkcs12.serialize_key_and_certificates(b"fcu", key, first, rest, encryption)


def _openssh(setup: FactorySetup, _data: bytes) -> bytes:
    return setup.key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())


def _dashes(_setup: FactorySetup, data: bytes) -> bytes:
    return data.replace(b"-----", "\u2014\u2014-".encode())


def _written_out(_setup: FactorySetup, data: bytes) -> bytes:
    return data.replace(b"\n", b"\\n")


def _utf16(codec: str) -> Callable[[FactorySetup, bytes], bytes]:
    return lambda _setup, data: data.decode().encode(codec)


def _in_hexadecimal(_setup: FactorySetup, data: bytes) -> bytes:
    body = b"".join(line for line in data.splitlines() if not line.startswith(b"-----"))
    return base64.b64decode(body).hex().encode()


SHAPES: dict[str, tuple[str, Callable[[FactorySetup, bytes], bytes]]] = {
    "fcu.crt as PKCS#12": (CERTIFICATE_FILE, lambda setup, _: _pkcs12(setup, with_key=False)),
    "the key as PKCS#12": (KEY_FILE, lambda setup, _: _pkcs12(setup, with_key=True)),
    "the key as OpenSSH has it": (KEY_FILE, _openssh),
    "the key in hexadecimal digits": (KEY_FILE, _in_hexadecimal),
    "the request in hexadecimal digits": (REQUEST_FILE, _in_hexadecimal),
    **{
        f"{path} in {codec}": (path, _utf16(codec))
        for path in FILES.values()
        for codec in ("utf-16", "utf-16-le", "utf-16-be")
    },
    **{f"{path} with typographic dashes": (path, _dashes) for path in FILES.values()},
    **{f"{path} with \\n written out": (path, _written_out) for path in FILES.values()},
}


def judge(folder: Path) -> Report:
    upload = folder / UPLOAD_FILE
    return check(folder / "keystore", portal_upload=[upload] if upload.exists() else [], at=AT, validators="none")


def found(folder: Path) -> list[tuple[Result, Finding]]:
    """What counts, but that the key is a published one, or that a PKCS#12 file may hold one."""
    told = judge(folder).findings()
    return [(r, f) for r, f in told if f.level is not Level.NOTICE and r.code not in ("KEY008", "KEY010")]


def run_fix(folder: Path) -> set[str]:
    """Runs the command of the one fix that is for a file, and gives what is found afterwards."""
    ((path, fix),) = {(FILES[str(finding.location.file)], finding.fix) for _, finding in found(folder)}
    command = COMMAND.match(fix)
    assert command, fix
    file = folder / path
    subprocess.run(
        ["bash", "-ec", command[1]],
        cwd=file.parent,
        input=PASSWORD + b"\n",
        capture_output=True,
        check=True,
        start_new_session=True,  # openssl asks for a password on the terminal, where there is one
    )
    mode = file.stat().st_mode
    (file.parent / "NEW").replace(file)
    file.chmod(mode)
    return {result.code for result, _ in found(folder)}


@pytest.mark.parametrize("name", BY_DEFECT)
def test_the_command_of_a_fix_repairs_the_file_of_a_defect(name: str, tmp_path: Path) -> None:
    DEFECTS[name].make(KeySource(name, at=AT)).write(tmp_path / "setup")
    left = run_fix(tmp_path / "setup")
    assert left == LEFT.get(name, set())


@pytest.mark.parametrize("shape", SHAPES)
def test_the_command_of_a_fix_repairs_a_file_of_another_shape(shape: str, tmp_path: Path) -> None:
    path, change = SHAPES[shape]
    setup = FactorySetup(replace(SetupParameters(), upload=True), KeySource(shape, at=AT))
    setup.edit_file(path, lambda data: change(setup, data))
    setup.write(tmp_path / "setup")
    assert run_fix(tmp_path / "setup") == set()
