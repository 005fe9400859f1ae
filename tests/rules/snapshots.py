"""What is kept beside the tests of rules: what every rule declares, and what it comes to where little is there.

`tox -e expected -- --write` writes both anew; then read the difference.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from artefacts.makers import AT, Line, der, key_pem, make_certificate, make_key, make_request, pem
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat
from repository.generated import compare_or_write

from fcu_conform import check
from fcu_conform.rules import CATALOGUE
from fcu_conform.rules.model import Rule
from rules.bundle.maker import changed, good, request

PEM = Encoding.PEM
FOLDER = Path(__file__).parent
DECLARED, OUTCOMES = FOLDER / "declared.txt", FOLDER / "outcomes.txt"


def declared(rule: Rule) -> Iterator[str]:
    """All that a rule declares of itself."""
    waivable = "waivable" if rule.waivable else "not waivable"
    looks_at = ", ".join(sorted(part.value for part in rule.looks_at)) or "what all share"
    yield f"{rule.code} {rule.slug}: {rule.level.value}, {rule.scope.value}, {waivable}"
    yield f"  requires   {rule.requirement}"
    yield f"  title      {rule.title}"
    yield f"  why        {rule.why}"
    yield f"  fix        {rule.fix}"
    yield f"  passes     {rule.passes}"
    yield f"  fails      {rule.fails}"
    yield f"  source     {rule.source}"
    yield f"  evidence   {rule.evidence}"
    yield f"  needs      {', '.join(rule.needs) or 'none'}"
    yield f"  told by    {', '.join(rule.told_by) or 'none'}"
    yield f"  shaded by  {', '.join(rule.partially_blocked_by) or 'none'}"
    yield f"  looks at   {looks_at}"


CASES: dict[str, Callable[[Line], dict[str, object]]] = {}


def case(lay: Callable[[Line], dict[str, object]]) -> Callable[[Line], dict[str, object]]:
    CASES[lay.__name__.replace("_", " ")] = lay
    return lay


def write_config(line: Line, text: str) -> None:
    (line.keystore / "../config/fcu.yml").write_text(text)


@case
def a_sound_chain(line: Line) -> dict[str, object]:
    return {}


@case
def no_file_of_settings(line: Line) -> dict[str, object]:
    (line.keystore / "../config/fcu.yml").unlink()
    return {}


@case
def an_empty_file_of_settings(line: Line) -> dict[str, object]:
    write_config(line, "")
    return {}


@case
def every_setting(line: Line) -> dict[str, object]:
    line.configure(
        "first-to-claim: true\n"
        "bootstrap-server-uri-first-to-claim: coaps://a.example\n"
        "certificate-authority:\n  common-name: FCU line 1\n"
        "custom-properties:\n  color: red\n"
        "vendor-id: 00000000-0000-4000-8000-000000000001\n"
        "class-id: 00000000-0000-4000-8000-000000000002\n"
        "device-key-generation-mode: by_device\n"
    )
    line.write("fcu_csr.pem", make_request("FCU line 1").public_bytes(PEM))
    return {}


@case
def settings_that_are_off(line: Line) -> dict[str, object]:
    write_config(line, "setup-ca-as-intermediate: false\nuse-bootstrap: false\nfirst-to-claim: false\n")
    return {}


@case
def an_empty_keystore(line: Line) -> dict[str, object]:
    for name in ("fcu.crt", "fcu_private_key.pem"):
        (line.keystore / name).unlink()
    return {}


@case
def an_empty_fcu_crt(line: Line) -> dict[str, object]:
    line.write("fcu.crt", b"")
    return {}


@case
def no_file_of_settings_and_an_empty_fcu_crt(line: Line) -> dict[str, object]:
    (line.keystore / "../config/fcu.yml").unlink()
    line.write("fcu.crt", b"")
    return {"chain_depth": 7}


@case
def a_lone_root(line: Line) -> dict[str, object]:
    line.write_chain(make_certificate("FCU line 1"))
    write_config(line, "setup-ca-as-intermediate: false\n")
    return {}


@case
def two_certificates(line: Line) -> dict[str, object]:
    line.write_chain(make_certificate("FCU line 1", "ROOT_CA"), line.chain[2])
    write_config(line, "setup-ca-as-intermediate: false\n")
    return {}


@case
def a_certificate_that_cannot_be_read(line: Line) -> dict[str, object]:
    line.write("fcu.crt", pem(line.chain[0]).replace(b"MII", b"MIJ", 1) + pem(*line.chain[1:]))
    return {}


@case
def an_encrypted_key(line: Line) -> dict[str, object]:
    encrypted = make_key("FCU line 1").private_bytes(PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret"))
    line.write("fcu_private_key.pem", encrypted)
    return {}


@case
def a_request_without_a_certificate(line: Line) -> dict[str, object]:
    (line.keystore / "fcu.crt").unlink()
    line.write("fcu_csr.pem", make_request("FCU line 1").public_bytes(PEM))
    return {}


@case
def a_request_for_the_key_of_nobody(line: Line) -> dict[str, object]:
    line.write("fcu_csr.pem", make_request("FCU line 1", key=make_key("nobody")).public_bytes(PEM))
    return {}


@case
def the_key_of_nobody(line: Line) -> dict[str, object]:
    line.write("fcu_csr.pem", make_request("FCU line 1").public_bytes(PEM))
    line.write("fcu_private_key.pem", key_pem(make_key("nobody")))
    return {}


@case
def nothing_but_settings_that_want_a_request(line: Line) -> dict[str, object]:
    (line.keystore / "fcu.crt").unlink()
    line.configure("certificate-authority:\n  common-name: FCU line 1\n")
    return {}


@case
def an_upload(line: Line) -> dict[str, object]:
    line.write("../upload.pem", pem(*line.chain[1:]))
    return {"portal_upload": line.folder / "upload.pem"}


@case
def an_empty_upload(line: Line) -> dict[str, object]:
    line.write("../upload.pem", b"\n")
    return {"portal_upload": line.folder / "upload.pem"}


@case
def an_upload_of_the_root_alone_with_details(line: Line) -> dict[str, object]:
    line.write("../upload.pem", pem(line.chain[2]))
    line.write("../upload.toml", b'name = "line"\n')
    return {"portal_upload": line.folder / "upload.pem"}


def device(number: int = 1) -> bytes:
    name = f"acme-{number}"
    certificate = make_certificate(name, "FCU line 1", serial=4711 + number, days=5475, extensions=())
    return pem(certificate)


@case
def two_devices(line: Line) -> dict[str, object]:
    for number in (1, 2):
        line.write(f"../devices/acme-{number}.pem", device(number) + pem(line.chain[0]))
    return {"devices": line.folder / "devices"}


@case
def a_device_with_its_key_and_an_upload(line: Line) -> dict[str, object]:
    line.write("../devices/acme-1.pem", device() + pem(line.chain[0]))
    line.write("../devices/acme-1.key.pem", key_pem(make_key("acme-1")))
    line.write("../upload.pem", pem(*line.chain[1:]))
    return {"devices": line.folder / "devices", "portal_upload": line.folder / "upload.pem"}


@case
def a_device_of_no_known_depth(line: Line) -> dict[str, object]:
    write_config(line, "setup-ca-as-intermediate: true\n")
    line.write("../devices/acme-1.pem", device() + pem(line.chain[0]))
    return {"devices": line.folder / "devices"}


@case
def a_device_without_an_fcu_certificate(line: Line) -> dict[str, object]:
    line.write("../devices/acme-1.pem", device() + pem(line.chain[0]))
    line.write("fcu.crt", b"")
    return {"devices": line.folder / "devices"}


@case
def a_device_whose_file_is_broken(line: Line) -> dict[str, object]:
    line.write("../devices/acme-1.pem", device().replace(b"MII", b"MIJ", 1))
    return {"devices": line.folder / "devices"}


@case
def a_ca_in_the_place_of_a_device(line: Line) -> dict[str, object]:
    line.write("../devices/acme-1.pem", pem(*line.chain[:2]))
    return {"devices": line.folder / "devices"}


@case
def a_bundle(line: Line) -> dict[str, object]:
    bundle = good()
    bundle["CertificateChains"][0]["DataArray"][1] = der(line.chain[0])
    line.write("../devices/acme.cbor", changed(bundle))
    return {"devices": line.folder / "devices"}


@case
def a_bundle_of_little(line: Line) -> dict[str, object]:
    line.write("../devices/acme.cbor", changed({"SchemeVersion": "0.0.1", "Verify": 0}))
    return {"devices": line.folder / "devices"}


@case
def a_bundle_with_a_request(line: Line) -> dict[str, object]:
    line.write("../devices/acme.cbor", changed(request()))
    return {"devices": line.folder / "devices"}


def outcomes(name: str, folder: Path) -> Iterator[str]:
    """A line for every rule: what it came to, and why where it did not judge."""
    line = Line(folder)
    more = CASES[name](line)
    report = check(line.keystore, **{"at": AT, "validators": "none", **more})  # type: ignore[arg-type]
    for result in report.results:
        blocked = f" ({', '.join(result.blocked_by)})" if result.blocked_by else ""
        reason = f": {result.reason}" if result.reason else ""
        yield f"{result.code} {result.outcome.value}{blocked}{reason}".replace(str(folder), "FOLDER")


def read_sections(path: Path) -> dict[str, list[str]]:
    """What is kept in a file, by the headings."""
    sections = (text.rstrip("\n").split("\n") for text in path.read_text(encoding="utf-8").split("\n## ")[1:])
    return {heading: lines for heading, *lines in sections}


def snapshots() -> Iterator[tuple[Path, str]]:
    """Both files, and what is to stand in them."""
    lines = ["What every rule declares; written by rules/snapshots.py."]
    for rule in CATALOGUE:
        lines += [f"\n## {rule.code}", *declared(rule)]
    yield DECLARED, "\n".join(lines) + "\n"
    lines = ["What every rule comes to; written by rules/snapshots.py."]
    for name in CASES:
        with tempfile.TemporaryDirectory() as place:
            lines += [f"\n## {name}", *outcomes(name, Path(place))]
    yield OUTCOMES, "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(compare_or_write(snapshots(), sys.argv[1:]))
