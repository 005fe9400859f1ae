"""Puts a private key as text wherever text of a stranger's is read, in every form in which a key is written."""

from __future__ import annotations

import base64
import json
from datetime import timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from cryptography.x509.oid import NameOID
from robustness.factory import AT, CONFIG, CRT, DEVICES, KEY, UPLOAD, Factory

from fcu_conform.interfaces.run.settings import parse_instant


def written(secret: bytes) -> dict[str, str]:
    """A scalar in all forms, by what they are called."""
    key = ec.derive_private_key(int.from_bytes(secret, "big"), ec.SECP256R1())
    pems = {
        name: key.private_bytes(Encoding.PEM, kind, NoEncryption()).decode()
        for name, kind in (("PKCS#8", PrivateFormat.PKCS8), ("SEC1", PrivateFormat.TraditionalOpenSSL))
    }
    number = str(int.from_bytes(secret, "big"))
    return {
        **pems,
        "escaped PEM": pems["PKCS#8"].replace("\n", "\\n"),
        "base64 of PEM": base64.b64encode(pems["SEC1"].encode()).decode(),
        "body": "".join(pems["PKCS#8"].splitlines()[1:-1]),
        "hex": secret.hex(),
        "hex with colons": secret.hex(":").upper(),
        "half": secret[9:25].hex(),
        "list": ", ".join(f"0x{octet:02x}" for octet in secret),
        "number": number,
        "beginning of a number": number[:64],
        **{f"base64 {n}": base64.b64encode(bytes(n) + secret + bytes(n)).decode() for n in range(3)},
        **{f"url-safe {n}": base64.urlsafe_b64encode(bytes(n) + secret).decode().rstrip("=") for n in range(3)},
    }


def plant(factory: Factory, text: str) -> None:
    """Puts a text into settings, names, tables, labels, details and waivers of a setup, so that rules speak of it."""
    line = " ".join(text.split())
    quoted = json.dumps(text)
    factory.put(
        CONFIG,
        (
            f"use-bootstrap: {quoted}\ndevice-certificate-chain-depth: 2\nvendor-id: {quoted}\n"
            f"bootstrap-server-uri: {json.dumps('coaps://host:5684?aid=' + line)}\n{quoted}: 1\n"
            f"device-key-generation-mode: {quoted}\ncertificate-authority:\n  country-name: {quoted}\n"
            f"  common-name: {quoted}\n"
        ).encode(),
    )
    factory.put("upload.toml", f"name = {quoted}\nservice = {quoted}\ndescription = {quoted}\n".encode())
    label = line[:64].replace("-", "")
    odd = f"-----BEGIN {label}-----\nAAAA\n-----END {label}-----\n".encode()
    for name in (CRT, UPLOAD, f"{DEVICES}/device-0002.pem"):
        factory.put(name, (factory / name).read_bytes() + odd)
    cell = '"' + line.replace('"', '""') + '"'
    rows = ["endpoint_name,file,enrollment_id,key_file"]
    rows += [f"{cell},device-000{number}.pem,{cell},{cell}" for number in (1, 2)]
    rows += [f"{cell},{cell},{cell},", f"x,../{cell[1:-1]},,"]
    factory.put(f"{DEVICES}/devices.csv", "\n".join(rows).encode())
    factory.put(f"{DEVICES}/{label.replace('/', '')[:60]}.pem", b"no certificate")
    factory.put(f"{DEVICES}/device-0009.pem", _device(factory, line))
    row = {"endpoint_name": line, "chain": (factory / DEVICES / "device-0001.pem").read_text(), "enrollment_id": line}
    factory.put("more.jsonl", "".join(json.dumps(one) + "\n" for one in (row, {**row, "bundle": line})).encode())
    waiver = f'[[waiver]]\ncode = "{{}}"\nscope = {{}}\nreason = {json.dumps(line)}\nowner = {json.dumps(line)}\n'
    waivers = [waiver.format(code, json.dumps(scope)) for code, scope in (("DEV005", "*"), ("DEV006", line[:60]))]
    factory.put("waivers.toml", "".join(f"{one}expires = 2026-06-30\n" for one in waivers).encode())


def _device(factory: Factory, name: str) -> bytes:
    """A certificate that FCU has signed for a device of that name."""
    issuer = x509.load_pem_x509_certificates((factory / CRT).read_bytes())[0]
    signer = load_pem_private_key((factory / KEY).read_bytes(), None)
    assert isinstance(signer, ec.EllipticCurvePrivateKey)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name, _validate=False)])
    key = ec.derive_private_key(0xFC0, ec.SECP256R1()).public_key()
    begin = parse_instant(AT) - timedelta(days=1)
    builder = x509.CertificateBuilder(issuer.subject, subject, key, 5, begin, begin + timedelta(days=365))
    return builder.sign(signer, hashes.SHA256()).public_bytes(Encoding.PEM)
