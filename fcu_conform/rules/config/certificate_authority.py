"""CFG: what fcu.yml says of FCU as a CA."""

from __future__ import annotations

from fcu_conform.artefacts.setup import Setup
from fcu_conform.rules.config.settings import at_setting, config_of, well_typed
from fcu_conform.rules.model import Blocked, Finding, Findings, Level, requires, rule
from fcu_conform.rules.support.configured_subject import AUTHORITY_ATTRIBUTES, attribute_trouble, authority_mismatches
from fcu_conform.rules.support.formatting import at_certificate, certificate_text, subject_text
from fcu_conform.rules.support.inputs import fcu_link_of
from fcu_conform.rules.support.sources import page, rfc

_EDITING = "Editing the FCU configuration file"


@rule(
    "CFG007",
    Level.ERROR,
    statement="each certificate-authority value is a valid X.509 attribute",
    why="A longer value or another country form cannot stand in a certificate that others accept.",
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
    statement="where certificate-authority is filled in, the subject of the FCU certificate carries exactly those"
    " values",
    why="FCU makes its certificate from this section; a certificate with another name is not the one this file is for.",
    fix="run setup again after editing certificate-authority; with credentials of your own leave the section empty",
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
    for mismatch in authority_mismatches(setup, link.certificate.subject):
        yield Finding(
            f"{certificate_text(link, setup.ca)}: {mismatch.attribute} of its subject differs from {mismatch.setting}",
            at_certificate(link, setup.ca, mismatch.attribute),
            expected=mismatch.expected,
            found=mismatch.found,
        )


@rule(
    "CFG009",
    Level.ERROR,
    statement="setup-ca-as-intermediate: true and a lone self-signed fcu.crt do not go together",
    why="Either your CA has not signed FCU's request, or the setting is wrong; devices would be signed under a"
    " certificate that your CA does not know.",
    fix="set setup-ca-as-intermediate: false, or put the chain that your CA returned into fcu.crt",
    passes="setup-ca-as-intermediate: true and a chain in fcu.crt",
    fails="setup-ca-as-intermediate: true and one self-signed certificate in fcu.crt",
    source=page("Using FCU to generate credentials", "K-02", "Y-03"),
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
            "FCU is to be an intermediate CA, but fcu.crt holds one self-signed certificate"
            f" ({subject_text(certificate)})",
            at_setting(setup, setting),
            expected="a chain in fcu.crt",
            found="one self-signed certificate",
        )


@rule(
    "CFG010",
    Level.NOTICE,
    statement="setup-ca-as-intermediate: false goes with a self-signed fcu.crt, unless the credentials are external",
    why="FCU itself would have made a single self-signed certificate: this chain was provided from outside.",
    fix="nothing, if you provided key and chain yourselves; else set setup-ca-as-intermediate: true",
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
