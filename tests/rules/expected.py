"""What each edit of a sound keystore is told as; ``{1}`` stands for the words for the first certificate of fcu.crt."""

from __future__ import annotations

from typing import NamedTuple


class Told(NamedTuple):
    """One finding: its rule and level, its place, its words."""

    code: str
    level: str
    file: str | None
    index: int | None
    line: int | None
    field: str | None
    message: str
    expected: str
    found: str


OUTSIDE = {"CHN013"}
"""Rules that ask other libraries, in those libraries' words."""

FOUND: dict[str, list[Told]] = {
    "nothing": [],
    "key_is_readable_by_all": [
        Told("KEY006", "error", 'fcu_private_key.pem', None, None, None,
             "can be read or written by other users",
             "mode 0600", "mode 0644: group (r), others (r)"),
    ],
    "key_is_missing": [
        Told("KEY001", "error", 'fcu_private_key.pem', None, None, None,
             "is not in the keystore",
             "a file", "none"),
    ],
    "key_of_somebody_else": [
        Told("KEY004", "error", 'fcu_private_key.pem', None, None, None,
             "does not match the FCU certificate, {1}",
             "public key with SHA-256 7261179b03f4da28…", "its public key has SHA-256 7fcce3c6be4ea48f…"),
    ],
    "key_of_the_root": [
        Told("KEY004", "error", 'fcu_private_key.pem', None, None, None,
             "does not match the FCU certificate, {1}",
             "public key with SHA-256 7261179b03f4da28…",
             "its public key has SHA-256 be07a56c646079de…, which is that of {3}"),
    ],
    "two_keys": [
        Told("KEY002", "error", 'fcu_private_key.pem', None, None, None,
             "has 2 private keys",
             "one PRIVATE KEY or EC PRIVATE KEY block", "EC PRIVATE KEY, EC PRIVATE KEY"),
    ],
    "key_on_p384": [
        Told("KEY003", "error", 'fcu_private_key.pem', None, None, None,
             "the key is on P-384",
             "a key on P-256", ""),
    ],
    "key_copied_to_a_backup": [
        Told("KEY008", "error", 'old/key.bak', None, None, None,
             "holds a PEM private key",
             "no private key", "a PEM private key"),
    ],
    "folder_is_open": [
        Told("KEY007", "warning", 'keystore', None, None, None,
             "the keystore folder can be listed or written by other users",
             "mode 0700", "mode 0775: group (rw), others (r)"),
    ],
    "intermediate_is_missing": [
        Told("CHN003", "error", 'fcu.crt', 2, 11, None,
             "{2}: is not the issuer of certificate 1, and fcu.crt has no certificate that is",
             "after 1 CN=FCU line 1: CN=INT_CA", "1 CN=FCU line 1 · 2 CN=ROOT_CA"),
    ],
    "root_is_missing": [
        Told("CHN005", "error", 'fcu.crt', 2, 11, 'issuer',
             "{2}: its issuer is missing",
             "the certificate of CN=ROOT_CA after it", "the end of the file"),
    ],
    "order_is_reversed": [
        Told("CHN003", "error", 'fcu.crt', 2, 11, None,
             "{2}: comes before a certificate that it issued",
             "3 CN=FCU line 1 · 2 CN=INT_CA · 1 CN=ROOT_CA", "1 CN=ROOT_CA · 2 CN=INT_CA · 3 CN=FCU line 1"),
    ],
    "root_stands_twice": [
        Told("CHN006", "error", 'fcu.crt', 4, 31, None,
             "{4}: is a duplicate of certificate 3",
             "every certificate once", ""),
    ],
    "another_root_beside": [
        Told("CHN007", "error", 'fcu.crt', 4, 31, None,
             "{4}: is not on the path",
             "1 CN=FCU line 1 · 2 CN=INT_CA · 3 CN=ROOT_CA", "4 CN=OTHER_CA beside it"),
    ],
    "text_between_blocks": [
        Told("CHN002", "warning", 'fcu.crt', None, 11, None,
             "has 19 characters of text outside the PEM blocks",
             "", ""),
    ],
    "request_in_the_chain": [
        Told("CHN001", "error", 'fcu.crt', None, 31, None,
             "has a block that is not a certificate: CERTIFICATE REQUEST",
             "CERTIFICATE blocks only", "CERTIFICATE REQUEST"),
    ],
    "intermediate_by_another_root": [
        Told("CHN004", "error", 'fcu.crt', 2, 11, 'signatureValue',
             "{2}: its signature does not verify under the key of certificate 3",
             "signed by CN=ROOT_CA", "a signature by another key, or a changed certificate"),
        Told("CHN014", "notice", 'fcu.crt', 2, 11, None,
             "{2}: strict validators require authorityKeyIdentifier",
             "authorityKeyIdentifier", ""),
    ],
    "certificate_is_cut_short": [
        Told("CRT002", "error", 'fcu.crt', 1, 1, None,
             "certificate 1 of 3: cannot be read: truncated: the element at offset 0 is longer than the data",
             "a certificate in DER", ""),
    ],
    "certificate_has_expired": [
        Told("CRT006", "error", 'fcu.crt', 2, 11, 'notAfter',
             "{2}: expired 2 days ago",
             "notAfter at 2026-06-01T12:00:00Z or later", "notAfter 2026-05-30T12:00:00Z"),
        Told("CHN010", "warning", 'fcu.crt', 1, 1, 'notAfter',
             "{1}: outlives its issuer, certificate 2, by 12625 days 12 hours",
             "notAfter 2026-05-30T12:00:00Z or earlier", "notAfter 2060-12-23T00:00:00Z"),
    ],
    "certificate_is_not_valid_yet": [
        Told("CRT006", "error", 'fcu.crt', 1, 1, 'notBefore',
             "{1}: is not valid for another 5 hours",
             "notBefore at 2026-06-01T12:00:00Z or earlier", "notBefore 2026-06-01T17:00:00Z"),
        Told("CHN010", "warning", 'fcu.crt', 1, 1, 'notAfter',
             "{1}: outlives its issuer, certificate 2, by 151 days 17 hours",
             "notAfter 2060-12-23T00:00:00Z or earlier", "notAfter 2061-05-23T17:00:00Z"),
    ],
    "certificate_lasts_20_years": [
        Told("CRT009", "warning", 'fcu.crt', 1, 1, 'validity',
             "{1}: is valid for 7300 days",
             "12775 days or more", "7300 days"),
    ],
    "certificate_expires_in_5_years": [
        Told("CRT010", "warning", 'fcu.crt', 2, 11, 'notAfter',
             "{2}: expires in 1673 days",
             "notAfter at least 3650 days after 2026-06-01T12:00:00Z", "notAfter 2030-12-31T00:00:00Z"),
        Told("CHN010", "warning", 'fcu.crt', 1, 1, 'notAfter',
             "{1}: outlives its issuer, certificate 2, by 10950 days",
             "notAfter 2030-12-31T00:00:00Z or earlier", "notAfter 2060-12-23T00:00:00Z"),
    ],
    "intermediate_is_no_ca": [
        Told("CRT007", "error", 'fcu.crt', 2, 11, 'basicConstraints',
             "{2}: is not a CA certificate",
             "CA:TRUE", "CA:FALSE"),
    ],
    "intermediate_has_no_basic_constraints": [
        Told("CRT007", "error", 'fcu.crt', 2, 11, 'basicConstraints',
             "{2}: is not a CA certificate",
             "CA:TRUE", "no basicConstraints"),
    ],
    "key_usage_lacks_crl_sign": [
        Told("CRT008", "error", 'fcu.crt', 1, 1, 'keyUsage',
             "{1}: keyUsage lacks cRLSign",
             "digitalSignature, keyCertSign, cRLSign", "digitalSignature, keyCertSign"),
    ],
    "key_usage_is_absent": [
        Told("CRT008", "error", 'fcu.crt', 3, 21, 'keyUsage',
             "{3}: has no keyUsage",
             "digitalSignature, keyCertSign, cRLSign", "no keyUsage"),
    ],
    "no_subject_key_identifier": [
        Told("CRT013", "warning", 'fcu.crt', 1, 1, 'subjectKeyIdentifier',
             "{1}: has no subjectKeyIdentifier",
             "", ""),
        Told("CHN014", "notice", 'fcu.crt', 1, 1, None,
             "{1}: strict validators require subjectKeyIdentifier",
             "subjectKeyIdentifier", ""),
    ],
    "authority_key_identifier_of_another": [
        Told("CRT014", "error", 'fcu.crt', 1, 1, 'authorityKeyIdentifier',
             "{1}: its authorityKeyIdentifier is not the issuer's subjectKeyIdentifier",
             "67e95838672180853ee9d915a77ce851f500c4c6", "1111111111111111111111111111111111111111"),
    ],
    "basic_constraints_not_critical": [
        Told("CHN014", "notice", 'fcu.crt', 3, 21, None,
             "{3}: strict validators require critical basicConstraints (OpenSSL 3.0)",
             "critical basicConstraints (OpenSSL 3.0)", ""),
    ],
    "unknown_critical_extension": [
        Told("CRT015", "error", 'fcu.crt', 2, 11, '1.3.6.1.4.1.99999.1',
             "{2}: extension 1.3.6.1.4.1.99999.1 is critical and unknown",
             "non-critical, or an extension that RFC 5280 defines", "critical"),
    ],
    "server_authentication_only": [
        Told("CRT017", "warning", 'fcu.crt', 2, 11, 'extKeyUsage',
             "{2}: extKeyUsage does not allow clientAuth",
             "clientAuth", "serverAuth"),
    ],
    "path_length_of_the_root_is_0": [
        Told("CHN008", "error", 'fcu.crt', 3, 21, 'basicConstraints',
             "{3}: allows 0 CA certificates below it",
             "pathlen:2 or more, or none", "pathlen:0 above 2 CA certificates"),
    ],
    "name_constraints_exclude_the_fcu_certificate": [
        Told("CHN009", "error", 'fcu.crt', 3, 21, 'nameConstraints',
             "{1}: CN=FCU line 1 is not permitted by the name constraints of certificate 3",
             "constraints that permit it", "not permitted"),
    ],
    "signed_with_sha_384": [
        Told("CRT005", "error", 'fcu.crt', 1, 1, 'signatureAlgorithm',
             "{1}: is signed with ecdsa-with-SHA384",
             "ecdsa-with-SHA256", "ecdsa-with-SHA384"),
    ],
    "root_ends_before_the_others": [
        Told("CHN010", "warning", 'fcu.crt', 2, 11, 'notAfter',
             "{2}: outlives its issuer, certificate 3, by 400 days",
             "notAfter 2059-11-19T00:00:00Z or earlier", "notAfter 2060-12-23T00:00:00Z"),
    ],
    "subject_of_the_intermediate_is_empty": [
        Told("CRT012", "error", 'fcu.crt', 2, 11, 'subject',
             "{2}: its subject is empty",
             "a name with at least one attribute", "no attribute"),
    ],
    "request_of_another_key": [
        Told("CSR004", "error", 'fcu_csr.pem', None, None, None,
             "is for a key other than fcu_private_key.pem",
             "public key with SHA-256 7261179b03f4da28…", "public key with SHA-256 7fcce3c6be4ea48f…"),
    ],
    "request_of_another_subject": [
        Told("CSR008", "warning", 'fcu.crt', 1, 1, 'subject',
             "{1}: its subject differs from that of fcu_csr.pem",
             "CN=FCU line 2", "CN=FCU line 1"),
    ],
    "request_waits_to_be_signed": [
        Told("CSR009", "error", 'fcu_csr.pem', None, None, None,
             "has not been signed: there is no fcu.crt",
             "fcu.crt", ""),
    ],
    "request_was_changed": [
        Told("CSR003", "error", 'fcu_csr.pem', None, None, None,
             "its self-signature does not verify",
             "", ""),
        Told("CSR008", "warning", 'fcu.crt', 1, 1, 'subject',
             "{1}: its subject differs from that of fcu_csr.pem",
             "CN=FCU line 7", "CN=FCU line 1"),
    ],
    "depth_is_missing": [
        Told("CFG003", "error", 'fcu.yml', None, None, 'device-certificate-chain-depth',
             "device-certificate-chain-depth is not set, but fcu.crt has 3 certificates",
             "an integer from 1 to 3", "nothing"),
    ],
    "depth_is_5": [
        Told("CFG004", "error", 'fcu.yml', None, 2, 'device-certificate-chain-depth',
             "a depth of 5 is out of range",
             "1 to 4: fcu.crt has 3 certificates", "5"),
    ],
    "depth_is_4": [
        Told("CFG006", "warning", 'fcu.yml', None, 2, 'device-certificate-chain-depth',
             "a depth of 4 puts all of fcu.crt on the device and leaves nothing for the portal",
             "at most 3", "4"),
    ],
    "depth_is_text": [
        Told("CFG002", "error", 'fcu.yml', None, 2, 'device-certificate-chain-depth',
             "device-certificate-chain-depth has the wrong type",
             "an integer", "'two'"),
    ],
    "setting_stands_twice": [
        Told("CFG001", "error", 'fcu.yml', None, 4, None,
             "has the key 'use-bootstrap' twice",
             "", ""),
    ],
    "authority_does_not_fit": [
        Told("CFG008", "error", 'fcu.crt', 1, 1, 'CN',
             "{1}: CN of its subject differs from common-name",
             "'FCU line 2'", "'FCU line 1'"),
        Told("CSR005", "error", 'fcu_csr.pem', None, None, 'CN',
             "CN of its subject differs from common-name in fcu.yml",
             "'FCU line 2'", "'FCU line 1'"),
    ],
    "country_is_no_code": [
        Told("CFG007", "error", 'fcu.yml', None, 5, 'country-name',
             "country-name is not a country code",
             "two letters", "'United Kingdom'"),
    ],
    "chain_although_not_intermediate": [
        Told("CFG010", "notice", 'fcu.yml', None, 1, 'setup-ca-as-intermediate',
             "setup-ca-as-intermediate is false and fcu.crt has 3 certificates: the credentials are external",
             "", ""),
    ],
    "first_to_claim_without_bootstrap": [
        Told("CFG011", "error", 'fcu.yml', None, 3, 'first-to-claim',
             "first-to-claim needs the bootstrap server, but use-bootstrap is false",
             "use-bootstrap: true", "use-bootstrap: false"),
    ],
    "uri_without_account": [
        Told("CFG012", "error", 'fcu.yml', None, 4, 'bootstrap-server-uri',
             "bootstrap-server-uri does not use coap or coaps",
             "coap:// or coaps://", "http://example.com"),
        Told("CFG012", "error", 'fcu.yml', None, 4, 'bootstrap-server-uri',
             "bootstrap-server-uri names no account",
             "?aid=ACCOUNT", "http://example.com"),
    ],
    "unknown_generation_mode": [
        Told("CFG013", "error", 'fcu.yml', None, 4, 'device-key-generation-mode',
             "device-key-generation-mode is not known",
             "by_device, by_tool, externally_supplied", "'by-tool'"),
    ],
    "vendor_is_no_uuid": [
        Told("CFG014", "error", 'fcu.yml', None, 4, 'vendor-id',
             "vendor-id is not a UUID",
             "8-4-4-4-12 hex digits", "'acme'"),
    ],
    "custom_property_of_the_client": [
        Told("CFG015", "error", 'fcu.yml', None, 5, 'name',
             "custom property 'mbed.X' has the reserved prefix mbed",
             "a name without the prefix mbed", "mbed.X"),
        Told("CFG015", "error", 'fcu.yml', None, 8, 'name',
             "custom property 'a.b' is a duplicate",
             "a unique name", "the name of the property in line 7"),
    ],
    "value_is_a_template": [
        Told("CFG016", "notice", 'fcu.yml', None, 4, 'update-auth-certificate-file',
             "update-auth-certificate-file is a template, so what depends on it was not checked",
             "", "<%= ENV['X'] %>/a.pem"),
    ],
    "lone_certificate_by_somebody_else": [
        Told("CHN011", "error", 'fcu.crt', 1, 1, 'issuer',
             "{1}: is not self-signed, and its issuer is missing",
             "CN=FCU line 1", "CN=INT_CA"),
    ],
    "lone_self_signed_but_intermediate": [
        Told("CFG006", "warning", 'fcu.yml', None, 3, 'device-certificate-chain-depth',
             "a depth of 2 puts all of fcu.crt on the device and leaves nothing for the portal",
             "at most 1", "2"),
        Told("CFG009", "error", 'fcu.yml', None, 1, 'setup-ca-as-intermediate',
             "setup-ca-as-intermediate is true, but fcu.crt holds one self-signed certificate (CN=FCU line 1)",
             "a chain in fcu.crt", "one self-signed certificate"),
    ],
    "root_cross_signed_beside": [
        Told("CHN012", "error", 'fcu.crt', 4, 31, 'subject',
             "{4}: has the same subject and key as certificate 3",
             "one certificate for each CA", ""),
    ],
}  # fmt: skip
