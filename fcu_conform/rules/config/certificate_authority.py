"""CFG: the settings of fcu.yml for FCU as a CA."""

from __future__ import annotations

from fcu_conform.artefacts.setup import Setup
from fcu_conform.rules.config.settings import at_setting, config_of, well_typed
from fcu_conform.rules.model import Blocked, Finding, Findings, Level, requires, rule
from fcu_conform.rules.support.configured_subject import (
    AUTHORITY_ATTRIBUTES,
    Mismatch,
    attribute_trouble,
    authority_mismatches,
)
from fcu_conform.rules.support.formatting import at_certificate, certificate_text, subject_text
from fcu_conform.rules.support.inputs import fcu_link_of
from fcu_conform.rules.support.sources import CREDENTIALS, page, rfc

_EDITING = "Editing the FCU configuration file"


@rule(
    "CFG007",
    Level.ERROR,
    requirement="every certificate-authority value is a valid X.509 attribute",
    title="a certificate-authority value is not a valid X.509 attribute",
    why="FCU copies these values into its certificate. If a value is too long, or the country is not a two-letter"
    " code, other software rejects the certificate.",
    fix="country-name: two letters (ISO 3166); names at most 64 characters; locality and state at most 128",
    passes="country-name: GB",
    fails="country-name: United Kingdom",
    source=(page(_EDITING, "Y-12", "CA-09"), rfc(5280, "appendix A.1")),
    needs=("CFG001",),
)
def authority_values_are_valid(setup: Setup) -> Findings:
    authority = well_typed(config_of(setup), "certificate-authority").authority
    requires(authority, "certificate-authority is empty")
    for name in AUTHORITY_ATTRIBUTES:
        setting = authority.get(name)
        if setting is not None and not setting.is_template and setting.as_text is not None:
            trouble = attribute_trouble(name, setting.as_text)
            if trouble is not None:
                yield Finding(f"{name} {trouble.what}", at_setting(setup, setting), trouble.expected, trouble.found)


@rule(
    "CFG008",
    Level.ERROR,
    requirement="if certificate-authority is filled in, the FCU certificate's subject has exactly those values",
    title="the FCU certificate's subject differs from certificate-authority in fcu.yml",
    why="FCU makes its certificate from this section. A certificate with another name was not made from this file.",
    fix="run setup again after editing certificate-authority; if you provide your own credentials, leave the section"
    " empty",
    passes="common-name: FCU line 1, and the certificate's CN is FCU line 1",
    fails="common-name: FCU line 2, and the certificate's CN is FCU line 1",
    source=page(_EDITING, "Y-12", "K-11"),
    needs=("CFG001", "CRT001"),
)
def certificate_subject_is_configured(setup: Setup) -> Findings:
    requires(setup.config, "there is no fcu.yml")
    link = fcu_link_of(setup.ca)
    if link.certificate.subject.is_empty:
        raise Blocked("CRT012")
    mismatches = list(authority_mismatches(setup, link.certificate.subject))
    request = setup.keystore.request_file.request
    if mismatches and request is not None and request.public_key.der != link.certificate.public_key.der:
        raise Blocked("CSR007")  # it is another FCU's certificate
    requested = set() if request is None else {m.setting for m in authority_mismatches(setup, request.subject)}
    for mismatch in mismatches:
        by_ca = request is not None and mismatch.setting not in requested
        yield Finding(
            f"{certificate_text(link, setup.ca)}: {mismatch.attribute} of its subject differs from {mismatch.setting}"
            + (f": the CA {_what_ca_did(mismatch)}" if by_ca else ""),
            at_certificate(link, setup.ca, mismatch.attribute),
            expected=mismatch.expected + (", as in fcu_csr.pem" if by_ca else ""),
            found=mismatch.found,
            why=_CA_CHANGED if by_ca else "",
            fix=_KEEP_SUBJECT if by_ca else "",
        )


_CA_CHANGED = (
    "FCU asked for this value in fcu_csr.pem, and the policy of the CA that signed it did not keep it. To run setup"
    " again would not change that."
)
_KEEP_SUBJECT = (
    "have your CA sign fcu_csr.pem again and keep its subject: a policy that lists the attribute as optional or"
    " supplied, and -preserveDN, with openssl ca; openssl x509 -req keeps the subject as it is"
)


def _what_ca_did(mismatch: Mismatch) -> str:
    return "left it out" if mismatch.found == "none" else "changed it"


@rule(
    "CFG009",
    Level.ERROR,
    requirement="if setup-ca-as-intermediate is true, fcu.crt is not a single self-signed certificate",
    title="setup-ca-as-intermediate is true, but fcu.crt is a single self-signed certificate",
    why="Either your CA has not signed FCU's request yet, or the setting is wrong. Devices would be signed under a"
    " certificate that your CA did not issue.",
    fix="set setup-ca-as-intermediate: false, or put the chain that your CA returned into fcu.crt",
    passes="setup-ca-as-intermediate: true and a chain in fcu.crt",
    fails="setup-ca-as-intermediate: true and one self-signed certificate in fcu.crt",
    source=page(CREDENTIALS, "K-02", "Y-03"),
    needs=("CFG001",),
    partially_blocked_by=("CRT002",),
)
def intermediate_is_not_self_signed(setup: Setup) -> Findings:
    config = well_typed(config_of(setup), "setup-ca-as-intermediate")
    requires(config.is_intermediate, "setup-ca-as-intermediate is not true")
    if setup.is_contradictory:
        setting = config.get("setup-ca-as-intermediate")
        assert setting is not None
        certificate = setup.keystore.fcu_crt.certificates[0]
        yield Finding(
            "setup-ca-as-intermediate is true, but fcu.crt holds one self-signed certificate"
            f" ({subject_text(certificate)})",
            at_setting(setup, setting),
            expected="a chain in fcu.crt",
            found="one self-signed certificate",
        )


@rule(
    "CFG010",
    Level.NOTICE,
    requirement="if setup-ca-as-intermediate is false, fcu.crt is self-signed, unless the credentials are external",
    title="setup-ca-as-intermediate is false, but fcu.crt has a chain",
    why="FCU itself would have made a single self-signed certificate, so this chain was provided from outside.",
    fix="nothing, if you provided the key and the chain yourself; otherwise set setup-ca-as-intermediate: true",
    passes="setup-ca-as-intermediate: false and one self-signed certificate",
    fails="setup-ca-as-intermediate: false and three certificates in fcu.crt",
    source=page("Providing external credentials", "K-02", "K-10"),
    needs=("CFG001", "CRT001"),
)
def external_chain_is_meant(setup: Setup) -> Findings:
    config = well_typed(config_of(setup), "setup-ca-as-intermediate")
    setting = config.get("setup-ca-as-intermediate")
    requires(setting is not None and setting.as_bool is False, "setup-ca-as-intermediate is not false")
    assert setting is not None
    count = len(setup.keystore.fcu_crt.entries)
    if count > 1:
        yield Finding(
            f"setup-ca-as-intermediate is false and fcu.crt has {count} certificates: the credentials are external",
            at_setting(setup, setting),
        )
