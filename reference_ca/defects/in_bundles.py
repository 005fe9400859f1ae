"""Defects of single items in a bundle: fields, names, keys and certificates."""

from __future__ import annotations

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from reference_ca.defects import asn1
from reference_ca.defects.bundle_edits import (
    CERTIFICATES,
    CHAINED,
    CHAINS,
    DEEP,
    DEPTH_3,
    KEYS,
    LONG_CHAIN,
    NEEDS,
    PARAMETERS,
    SETUP_PARAMETERS,
    Message,
    edit,
    expected_at,
)
from reference_ca.defects.certificates import other_key, spki
from reference_ca.defects.files import pem_block
from reference_ca.defects.in_chains import another_ca
from reference_ca.defects.model import Needs, defect, near_miss
from reference_ca.defects.plan import FactorySetup, SetupParameters, private_key_der, private_key_pem

EC_PUBLIC_KEY, P256 = "1.2.840.10045.2.1", "1.2.840.10045.3.1.7"


@defect(expected_at("BDL016", "Keys[0]"), needs=NEEDS, parameters=SETUP_PARAMETERS)
def key_with_access_list(s: FactorySetup) -> None:
    """A key has the field ACL, as a comment in the device's source shows it."""
    edit(s, lambda message: message[KEYS][0].update(ACL=b""))


@defect(expected_at("BDL016", "ConfigParams[0]"), needs=NEEDS, parameters=SETUP_PARAMETERS)
def parameter_with_format(s: FactorySetup) -> None:
    """A parameter has a Format, which only keys and certificates have."""
    edit(s, lambda message: message[PARAMETERS][0].update(Format="der"))


@defect(expected_at("BDL017", "Keys[0]"), needs=NEEDS, parameters=SETUP_PARAMETERS)
def key_without_type(s: FactorySetup) -> None:
    """A key has no Type."""
    edit(s, lambda message: message[KEYS][0].pop("Type"))


@defect(expected_at("BDL017", "ConfigParams[0]"), needs=NEEDS, parameters=SETUP_PARAMETERS)
def parameter_without_data(s: FactorySetup) -> None:
    """A parameter has no Data, which the device would store as empty."""
    edit(s, lambda message: message[PARAMETERS][0].pop("Data"))


@defect(expected_at("BDL018", "Certificates[1].Name"), needs=CHAINED, parameters=SETUP_PARAMETERS)
def name_with_a_space(s: FactorySetup) -> None:
    """The name of a certificate has a space."""
    extra = {"Name": "my certificate", "Format": "der", "Data": s.server_ca.der}
    edit(s, lambda message: message[CERTIFICATES].append(extra))


@defect(
    expected_at("BDL018", "Certificates[1].Name"),
    needs=CHAINED,
    parameters=SETUP_PARAMETERS,
    baseline="name-of-100-characters",
)
def name_of_101_letters(s: FactorySetup) -> None:
    """The name of a certificate has 101 characters."""
    extra = {"Name": "n" * 101, "Format": "der", "Data": s.server_ca.der}
    edit(s, lambda message: message[CERTIFICATES].append(extra))


@near_miss(needs=CHAINED, parameters=SETUP_PARAMETERS, about="BDL018")
def name_of_100_characters(s: FactorySetup) -> None:
    """The name of a certificate has 100 characters."""
    extra = {"Name": "n" * 100, "Format": "der", "Data": s.server_ca.der}
    edit(s, lambda message: message[CERTIFICATES].append(extra))


@defect(expected_at("BDL019", "Keys[0].Format"), needs=NEEDS, parameters=SETUP_PARAMETERS, baseline="no-format")
def format_in_capitals(s: FactorySetup) -> None:
    """A key's Format is Der."""
    edit(s, lambda message: message[KEYS][0].update(Format="Der"))


@defect(expected_at("BDL019", "CertificateChains[0].Format"), needs=CHAINED, parameters=SETUP_PARAMETERS)
def format_is_pem(s: FactorySetup) -> None:
    """The device chain's Format is pem."""
    edit(s, lambda message: message[CHAINS][0].update(Format="pem"))


@near_miss(needs=NEEDS, parameters=SETUP_PARAMETERS, about="BDL019")
def no_format(s: FactorySetup) -> None:
    """A key has no Format, which means der."""
    edit(s, lambda message: message[KEYS][0].pop("Format"))


@defect(expected_at("BDL020", "Keys[1].Type"), needs=NEEDS, parameters=SETUP_PARAMETERS)
def key_of_rsa_type(s: FactorySetup) -> None:
    """A second key is of the type RSAPrivate, which the device does not have."""
    extra = {"Name": "acme.boot", "Type": "RSAPrivate", "Format": "der", "Data": bytes(16)}
    edit(s, lambda message: message[KEYS].append(extra))


@defect(expected_at("BDL021", "Certificates[0].Data"), needs=CHAINED, parameters=SETUP_PARAMETERS)
def certificate_as_text(s: FactorySetup) -> None:
    """The server's CA certificate is base64 text instead of a byte string."""
    text = pem_block("CERTIFICATE", s.server_ca.der).decode()
    edit(s, lambda message: message[CERTIFICATES][0].update(Data=text))


@defect(expected_at("BDL021", "CertificateChains[0].DataArray"), needs=CHAINED, parameters=SETUP_PARAMETERS)
def chain_as_one_byte_string(s: FactorySetup) -> None:
    """The device chain's DataArray is one byte string with all certificates."""
    edit(s, lambda message: message[CHAINS][0].update(DataArray=b"".join(message[CHAINS][0]["DataArray"])))


@defect(
    expected_at("BDL022", "CertificateChains[0].DataArray"),
    LONG_CHAIN,
    needs=Needs(devices=1, form="cbor", length=5),
    parameters=SetupParameters(length=6, devices=1, form="cbor"),
)
def six_certificates_in_bundle(s: FactorySetup) -> None:
    """The device chain has six certificates."""
    s.device.carries = s.chain[:5]


@defect(expected_at("BDL022", "CertificateChains[1].DataArray"), needs=CHAINED, parameters=SETUP_PARAMETERS)
def empty_chain_in_bundle(s: FactorySetup) -> None:
    """A second chain has no certificate."""
    edit(s, lambda message: message[CHAINS].append({"Name": "acme.chain", "DataArray": []}))


@defect(expected_at("BDL023", "Certificates[0].Data"), needs=CHAINED, parameters=SETUP_PARAMETERS)
def certificate_as_pem_bytes(s: FactorySetup) -> None:
    """The server's CA certificate is PEM in a byte string."""
    pem = pem_block("CERTIFICATE", s.server_ca.der)
    edit(s, lambda message: message[CERTIFICATES][0].update(Data=pem))


@defect(expected_at("BDL023", "Certificates[0].Data"), needs=CHAINED, parameters=SETUP_PARAMETERS)
def certificate_empty(s: FactorySetup) -> None:
    """The server's CA certificate has no bytes."""
    edit(s, lambda message: message[CERTIFICATES][0].update(Data=b""))


@defect(expected_at("BDL023", "Certificates[0].Data"), needs=CHAINED, parameters=SETUP_PARAMETERS)
def bytes_after_certificate(s: FactorySetup) -> None:
    """Bytes follow the server's CA certificate in its byte string."""
    edit(s, lambda message: message[CERTIFICATES][0].update(Data=s.server_ca.der + bytes(2)))


@defect(
    expected_at("BDL024", "CertificateChains[0].DataArray"),
    LONG_CHAIN,
    needs=DEEP,
    parameters=DEPTH_3,
)
def bundle_chain_reversed(s: FactorySetup) -> None:
    """The device chain begins with the CA and ends with the device."""
    edit(s, lambda message: message[CHAINS][0]["DataArray"].reverse())


@defect(
    expected_at("BDL024", "CertificateChains[0].DataArray[1]"),
    needs=Needs(devices=1, form="cbor", length=3, depth=2, deepest=2),
    parameters=SETUP_PARAMETERS,
)
def bundle_chain_with_gap(s: FactorySetup) -> None:
    """The FCU certificate is left out of the device chain, and the intermediate follows the device."""
    s.device.carries = [s.chain[1]]


@defect(
    expected_at("BDL025", "Keys[1].Data"), needs=NEEDS, parameters=SETUP_PARAMETERS, baseline="public-key-in-bundle"
)
def private_key_called_public(s: FactorySetup) -> None:
    """A second key is called public and is a private one."""
    extra = {"Name": "acme.boot", "Type": "ECCPublic", "Format": "der", "Data": private_key_der(s.new_key("boot"))}
    edit(s, lambda message: message[KEYS].append(extra))


@defect(expected_at("BDL025", "Keys[1].Data"), needs=NEEDS, parameters=SETUP_PARAMETERS)
def key_as_pem_bytes(s: FactorySetup) -> None:
    """A second key is PEM in a byte string."""
    extra = {"Name": "acme.boot", "Type": "ECCPrivate", "Format": "der", "Data": private_key_pem(s.new_key("boot"))}
    edit(s, lambda message: message[KEYS].append(extra))


@defect(expected_at("BDL025", "Keys[1].Data"), needs=NEEDS, parameters=SETUP_PARAMETERS)
def key_on_p384_in_bundle(s: FactorySetup) -> None:
    """A second key is on P-384."""
    key = other_key(s.source, "boot", "p384")
    extra = {"Name": "acme.boot", "Type": "ECCPrivate", "Format": "der", "Data": private_key_der(key)}
    edit(s, lambda message: message[KEYS].append(extra))


@defect(expected_at("BDL025", "Keys[1].Data"), needs=NEEDS, parameters=SETUP_PARAMETERS)
def key_with_its_public_half_attached(s: FactorySetup) -> None:
    """A second key is a PKCS#8 of version 2 (RFC 5958), with the public key attached."""
    _add_wrapped(s, asn1.sequence(asn1.oid(EC_PUBLIC_KEY), asn1.oid(P256)), 1)


@defect(expected_at("BDL025", "Keys[1].Data"), needs=NEEDS, parameters=SETUP_PARAMETERS)
def key_without_curve_outside(s: FactorySetup) -> None:
    """A second key is a PKCS#8 whose algorithm does not name the curve; the key inside it does."""
    _add_wrapped(s, asn1.sequence(asn1.oid(EC_PUBLIC_KEY)), 0)


def _add_wrapped(s: FactorySetup, algorithm: bytes, version: int) -> None:
    """Give the bundle a second key, in a PKCS#8 of that version and algorithm."""
    key = s.new_key("boot")
    inner = key.private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    point = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    attached = asn1.context(1, b"\0" + point, constructed=False) if version else b""
    data = asn1.sequence(asn1.integer(version), algorithm, asn1.octets(inner), attached)
    extra = {"Name": "acme.boot", "Type": "ECCPrivate", "Format": "der", "Data": data}
    edit(s, lambda message: message[KEYS].append(extra))


@near_miss(needs=NEEDS, parameters=SETUP_PARAMETERS, about="BDL025")
def public_key_in_bundle(s: FactorySetup) -> None:
    """A second key is a public one."""
    extra = {"Name": "acme.boot", "Type": "ECCPublic", "Format": "der", "Data": spki(s.new_key("boot"))}
    edit(s, lambda message: message[KEYS].append(extra))


@defect(expected_at("BDL026", "ConfigParams[1].Name"), needs=NEEDS, parameters=SETUP_PARAMETERS)
def parameter_twice(s: FactorySetup) -> None:
    """A parameter is given twice."""
    edit(s, lambda message: message[PARAMETERS].insert(0, dict(message[PARAMETERS][0])))


@defect(expected_at("BDL026", "CertificateChains[0].Name"), needs=CHAINED, parameters=SETUP_PARAMETERS)
def device_certificate_in_two_groups(s: FactorySetup) -> None:
    """The device certificate is given as a certificate and as a chain."""

    def change(message: Message) -> None:
        name = message[CHAINS][0]["Name"]
        message[CERTIFICATES].append({"Name": name, "Format": "der", "Data": message[CHAINS][0]["DataArray"][0]})

    edit(s, change)


@defect(expected_at("BDL027", "Certificates[1].Data"), needs=CHAINED, parameters=SETUP_PARAMETERS)
def update_certificate_is_rsa(s: FactorySetup) -> None:
    """The update certificate is RSA."""
    authority = another_ca(s, "Update authority")
    authority.key = other_key(s.source, "update", "rsa")
    extra = {"Name": "mbed.UpdateAuthCert", "Format": "der", "Data": authority.der}
    edit(s, lambda message: message[CERTIFICATES].append(extra))


@defect(expected_at("BDL027", "Certificates[0].Data"), needs=CHAINED, parameters=SETUP_PARAMETERS)
def server_certificate_with_sha384(s: FactorySetup) -> None:
    """The server's CA certificate is signed with ecdsa-with-SHA384."""
    s.server_ca.digest = "sha384"
