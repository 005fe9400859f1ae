"""Keystores that differ from a sound one by one edit, for the exact words of findings."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import timedelta

from artefacts.makers import AT, Line, ca_extensions, key_pem, make_certificate, make_key, make_name, make_request, pem
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

EDITS: dict[str, Callable[[Line], None]] = {}
NAMES = ("FCU line 1", "INT_CA", "ROOT_CA")


def edit(change: Callable[[Line], None]) -> Callable[[Line], None]:
    EDITS[change.__name__] = change
    return change


def replace(line: Line, number: int, **changes: object) -> None:
    """Makes one certificate of the chain (0 to 2) anew, with changes."""
    names = [*NAMES, NAMES[-1]]
    arguments = {"serial": 1000 + number, **changes}
    line.chain[number] = make_certificate(names[number], names[number + 1], **arguments)  # type: ignore[arg-type]
    line.write_chain(*line.chain)


def extended(
    number: int, *more: tuple[x509.ExtensionType, bool], without: type[x509.ExtensionType] | None = None
) -> list[tuple[x509.ExtensionType, bool]]:
    """The extensions of one certificate of the chain, with some more and without some."""
    names = [*NAMES, NAMES[-1]]
    usual = ca_extensions(make_key(names[number]).public_key(), make_key(names[number + 1]).public_key())
    return [pair for pair in usual if without is None or not isinstance(pair[0], without)] + list(more)


@edit
def nothing(line: Line) -> None:
    pass


@edit
def key_is_readable_by_all(line: Line) -> None:
    (line.keystore / "fcu_private_key.pem").chmod(0o644)


@edit
def key_is_missing(line: Line) -> None:
    (line.keystore / "fcu_private_key.pem").unlink()


@edit
def key_of_somebody_else(line: Line) -> None:
    line.write("fcu_private_key.pem", key_pem(make_key("somebody else")))


@edit
def key_of_the_root(line: Line) -> None:
    line.write("fcu_private_key.pem", key_pem(make_key("ROOT_CA")))


@edit
def two_keys(line: Line) -> None:
    line.write("fcu_private_key.pem", key_pem(make_key("FCU line 1")) * 2)


@edit
def key_on_p384(line: Line) -> None:
    line.write("fcu_private_key.pem", key_pem(ec.derive_private_key(7, ec.SECP384R1())))


@edit
def key_copied_to_a_backup(line: Line) -> None:
    line.write("old/key.bak", key_pem(make_key("FCU line 1")))


@edit
def folder_is_open(line: Line) -> None:
    line.keystore.chmod(0o775)


@edit
def intermediate_is_missing(line: Line) -> None:
    line.write_chain(line.chain[0], line.chain[2])


@edit
def root_is_missing(line: Line) -> None:
    line.write_chain(*line.chain[:2])


@edit
def order_is_reversed(line: Line) -> None:
    line.write_chain(*reversed(line.chain))


@edit
def root_stands_twice(line: Line) -> None:
    line.write_chain(*line.chain, line.chain[2])


@edit
def another_root_beside(line: Line) -> None:
    line.write_chain(*line.chain, make_certificate("OTHER_CA"))


@edit
def text_between_blocks(line: Line) -> None:
    one, *others = line.chain
    line.write("fcu.crt", pem(one) + b"subject=CN = INT_CA\n" + pem(*others))


@edit
def request_in_the_chain(line: Line) -> None:
    line.write("fcu.crt", pem(*line.chain) + make_request("X").public_bytes(Encoding.PEM))


@edit
def intermediate_by_another_root(line: Line) -> None:
    replace(line, 1, issuer_key=make_key("impostor"), extensions=extended(1, without=x509.AuthorityKeyIdentifier))


@edit
def certificate_is_cut_short(line: Line) -> None:
    path = line.keystore / "fcu.crt"
    text = path.read_text().splitlines()
    path.write_text("\n".join(text[:3] + text[4:]) + "\n")


@edit
def certificate_has_expired(line: Line) -> None:
    replace(line, 1, start=AT - timedelta(days=100), days=98)


@edit
def certificate_is_not_valid_yet(line: Line) -> None:
    replace(line, 0, start=AT + timedelta(hours=5))


@edit
def certificate_lasts_20_years(line: Line) -> None:
    replace(line, 0, days=7300)


@edit
def certificate_expires_in_5_years(line: Line) -> None:
    replace(line, 1, days=5 * 365)


@edit
def intermediate_is_no_ca(line: Line) -> None:
    usual = extended(1, without=x509.BasicConstraints)
    replace(line, 1, extensions=[(x509.BasicConstraints(ca=False, path_length=None), True), *usual])


@edit
def intermediate_has_no_basic_constraints(line: Line) -> None:
    replace(line, 1, extensions=extended(1, without=x509.BasicConstraints))


@edit
def key_usage_lacks_crl_sign(line: Line) -> None:
    usage = x509.KeyUsage(True, False, False, False, False, True, False, False, False)
    replace(line, 0, extensions=extended(0, (usage, True), without=x509.KeyUsage))


@edit
def key_usage_is_absent(line: Line) -> None:
    replace(line, 2, extensions=extended(2, without=x509.KeyUsage))


@edit
def no_subject_key_identifier(line: Line) -> None:
    replace(line, 0, extensions=extended(0, without=x509.SubjectKeyIdentifier))


@edit
def authority_key_identifier_of_another(line: Line) -> None:
    wrong = x509.AuthorityKeyIdentifier(b"\x11" * 20, None, None)
    replace(line, 0, extensions=extended(0, (wrong, False), without=x509.AuthorityKeyIdentifier))


@edit
def basic_constraints_not_critical(line: Line) -> None:
    plain = (x509.BasicConstraints(ca=True, path_length=None), False)
    replace(line, 2, extensions=[plain, *extended(2, without=x509.BasicConstraints)])


@edit
def unknown_critical_extension(line: Line) -> None:
    unknown = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.99999.1"), b"\5\0")
    replace(line, 1, extensions=extended(1, (unknown, True)))


@edit
def server_authentication_only(line: Line) -> None:
    replace(line, 1, extensions=extended(1, (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False)))


@edit
def path_length_of_the_root_is_0(line: Line) -> None:
    plain = (x509.BasicConstraints(ca=True, path_length=0), True)
    replace(line, 2, extensions=[plain, *extended(2, without=x509.BasicConstraints)])


@edit
def name_constraints_exclude_the_fcu_certificate(line: Line) -> None:
    constraints = x509.NameConstraints([x509.DirectoryName(make_name(("CN", "INT_CA")))], None)
    replace(line, 2, extensions=extended(2, (constraints, True)))


@edit
def signed_with_sha_384(line: Line) -> None:
    replace(line, 0, digest=hashes.SHA384())


@edit
def root_ends_before_the_others(line: Line) -> None:
    replace(line, 2, days=12775 - 400)


@edit
def subject_of_the_intermediate_is_empty(line: Line) -> None:
    replace(line, 0, issuer_name=x509.Name([]))
    replace(line, 1, subject_name=x509.Name([]))


@edit
def request_of_another_key(line: Line) -> None:
    made = make_request("FCU line 1", key=make_key("somebody else"))
    line.write("fcu_csr.pem", made.public_bytes(Encoding.PEM))


@edit
def request_of_another_subject(line: Line) -> None:
    line.write("fcu_csr.pem", make_request("FCU line 2", key=make_key("FCU line 1")).public_bytes(Encoding.PEM))


@edit
def request_waits_to_be_signed(line: Line) -> None:
    line.write("fcu_csr.pem", make_request("FCU line 1").public_bytes(Encoding.PEM))
    (line.keystore / "fcu.crt").unlink()


@edit
def request_was_changed(line: Line) -> None:
    made = make_request("FCU line 1").public_bytes(Encoding.DER).replace(b"FCU line 1", b"FCU line 7")
    body = base64.encodebytes(made).decode()
    text = f"-----BEGIN CERTIFICATE REQUEST-----\n{body}-----END CERTIFICATE REQUEST-----\n"
    line.write("fcu_csr.pem", text.encode())


@edit
def depth_is_missing(line: Line) -> None:
    line.write("../config/fcu.yml", b"setup-ca-as-intermediate: true\nuse-bootstrap: true\n")


@edit
def depth_is_5(line: Line) -> None:
    line.write("../config/fcu.yml", b"use-bootstrap: true\ndevice-certificate-chain-depth: 5\n")


@edit
def depth_is_4(line: Line) -> None:
    line.write("../config/fcu.yml", b"use-bootstrap: true\ndevice-certificate-chain-depth: 4\n")


@edit
def depth_is_text(line: Line) -> None:
    line.write("../config/fcu.yml", b"use-bootstrap: true\ndevice-certificate-chain-depth: 'two'\n")


@edit
def setting_stands_twice(line: Line) -> None:
    line.configure("use-bootstrap: false\n")


@edit
def authority_does_not_fit(line: Line) -> None:
    line.configure("certificate-authority:\n  common-name: FCU line 2\n  country-name:\n")
    line.write("fcu_csr.pem", make_request("FCU line 1").public_bytes(Encoding.PEM))


@edit
def country_is_no_code(line: Line) -> None:
    line.configure("certificate-authority:\n  country-name: United Kingdom\n")
    line.write("fcu_csr.pem", make_request("FCU line 1").public_bytes(Encoding.PEM))


@edit
def chain_although_not_intermediate(line: Line) -> None:
    line.write("../config/fcu.yml", b"setup-ca-as-intermediate: false\ndevice-certificate-chain-depth: 2\n")


@edit
def first_to_claim_without_bootstrap(line: Line) -> None:
    line.write("../config/fcu.yml", b"device-certificate-chain-depth: 2\nuse-bootstrap: false\nfirst-to-claim: true\n")


@edit
def uri_without_account(line: Line) -> None:
    line.configure("bootstrap-server-uri: http://example.com\n")


@edit
def unknown_generation_mode(line: Line) -> None:
    line.configure("device-key-generation-mode: by-tool\n")


@edit
def vendor_is_no_uuid(line: Line) -> None:
    line.configure("vendor-id: acme\n")


@edit
def custom_property_of_the_client(line: Line) -> None:
    line.configure("custom-properties:\n  - name: mbed.X\n    data: 1\n  - name: a.b\n  - name: a.b\n")


@edit
def value_is_a_template(line: Line) -> None:
    line.configure("update-auth-certificate-file: <%= ENV['X'] %>/a.pem\n")
    line.configure("vendor-id: fa6b4a53-d5ad-5fdf-be9d-e663e4d41ffe\nclass-id: fa6b4a53-d5ad-5fdf-be9d-e663e4d41ffe\n")


@edit
def lone_certificate_by_somebody_else(line: Line) -> None:
    line.write_chain(line.chain[0])
    line.write("../config/fcu.yml", b"use-bootstrap: true\n")


@edit
def lone_self_signed_but_intermediate(line: Line) -> None:
    line.write_chain(make_certificate("FCU line 1"))


@edit
def root_cross_signed_beside(line: Line) -> None:
    line.write_chain(*line.chain, make_certificate("ROOT_CA", "ELSEWHERE", serial=9))
