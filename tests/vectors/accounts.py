"""The cases of what an account trusts: a line that is sound, and account.json beside it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from reference_ca import KeySource
from reference_ca.defects import ExpectedFinding, FactorySetup, SetupParameters
from reference_ca.defects.certificates import Certificate
from reference_ca.defects.in_chains import another_ca
from reference_ca.defects.plan import pem

from .case import Case

FILE = "account.json"
OWN = "entry INT_CA 1"
"""The place of the line's own entry."""
SOUND = "sound/account-trusts-upload"

Change = Callable[[FactorySetup, dict[str, Any]], None]


def entry(certificate: Certificate, name: str, /, **fields: object) -> dict[str, Any]:
    """An entry as the portal shows it."""
    digest = hashlib.sha256(certificate.der).hexdigest()
    return {
        "object": "trusted-cert",
        "id": digest[:32],
        "name": name,
        "service": "bootstrap",
        "status": "ACTIVE",
        "certificate": pem([certificate]).decode(),
        "certificate_fingerprint": digest,
        "device_execution_mode": 0,
        "valid": True,
        **fields,
    }


def _document(setup: FactorySetup) -> dict[str, Any]:
    """The state of an account that trusts the line's upload and nothing else."""
    return {
        "format": "fcu-conform portal state",
        "format_version": 1,
        "account": {"id": "0123456789abcdef0123456789abcdef", "tier": "1", "limits": {"trusted_certificates": "50"}},
        "trusted_certificates": [entry(setup.chain[1], "INT_CA 1")],
        "server_credentials": {"bootstrap": {"server_uri": setup.settings["bootstrap-server-uri"]}},
    }


def _with(change: Change | None = None, *, devices: int = 0) -> Callable[[KeySource], FactorySetup]:
    """A line with its account, which is changed."""

    def make(source: KeySource) -> FactorySetup:
        setup = FactorySetup(SetupParameters(devices=devices), source)
        document = _document(setup)
        if change is not None:
            change(setup, document)
        setup.add_file(FILE, (json.dumps(document, indent=1) + "\n").encode())
        return setup

    return make


def _own(**fields: object) -> Change:
    """Other fields of the line's entry."""
    return lambda setup, document: document["trusted_certificates"][0].update(fields)


def _only(*entries: Callable[[FactorySetup], dict[str, Any]], limit: str = "50") -> Change:
    """Other entries in place of the line's."""

    def change(setup: FactorySetup, document: dict[str, Any]) -> None:
        document["trusted_certificates"] = [make(setup) for make in entries]
        document["account"]["limits"]["trusted_certificates"] = limit

    return change


def _also(make: Callable[[FactorySetup], dict[str, Any]]) -> Change:
    """One more entry."""
    return lambda setup, document: document["trusted_certificates"].append(make(setup))


def _seen(*names: str) -> Change:
    """Devices that the portal has seen under the line's CA; those of the lot by their fingerprints."""

    def change(setup: FactorySetup, document: dict[str, Any]) -> None:
        keys = {device.endpoint_name: hashlib.sha256(device.certificate.der).hexdigest() for device in setup.devices}
        issuer = hashlib.sha256(setup.chain[0].der).hexdigest()
        document["devices"] = [
            {"endpoint_name": name, "device_key": keys.get(name, "ab" * 32), "issuer_fingerprint": issuer.upper()}
            for name in names
        ]

    return change


def _other_server(setup: FactorySetup, document: dict[str, Any]) -> None:
    credentials = document["server_credentials"]["bootstrap"]
    credentials["server_uri"] = credentials["server_uri"].partition("aid=")[0] + "aid=" + "0" * 32


def _renewed(setup: FactorySetup) -> dict[str, Any]:
    """The entry of an older certificate of the intermediate's subject."""
    older = another_ca(setup, "OLD INT")
    older.subject = setup.chain[1].subject
    return entry(older, "the year before")


def _short_lived(setup: FactorySetup) -> dict[str, Any]:
    """The entry of a CA for the other service that expires in a year."""
    authority = another_ca(setup, "OTHER ROOT")
    authority.not_after = setup.now + timedelta(days=365)
    return entry(authority, "OTHER ROOT", service="lwm2m")


def _case(name: str, story: str, about: str, change: Change, edit: str, *places: ExpectedFinding) -> Case:
    return Case(f"PTL/{name}", story, about, places, _with(change), edit, SOUND, account=True)


def _absent(code: str, field: str, level: str = "error") -> tuple[ExpectedFinding, ...]:
    """The line's upload has no entry, and another rule tells why it cannot get one."""
    return (ExpectedFinding(code, FILE, field=field, level=level), ExpectedFinding("PTL001", FILE, field=TRUSTED))


TRUSTED = "trusted_certificates"
STRANGER = "entry OTHER ROOT"

ACCOUNTS = (
    Case(SOUND, "The account has one entry, for the line's upload.", "PTL001", (), _with(), account=True),
    _case(
        "upload-has-no-entry",
        "Nothing was uploaded yet.",
        "PTL001",
        _only(),
        "no entry",
        ExpectedFinding("PTL001", FILE, field=TRUSTED),
    ),
    _case(
        "entry-is-inactive",
        "The line's entry was set to INACTIVE.",
        "PTL001",
        _own(status="INACTIVE"),
        "INACTIVE",
        ExpectedFinding("PTL001", FILE, field=OWN),
    ),
    _case(
        "entry-is-of-other-service",
        "The upload was made for LwM2M, and the devices use bootstrap.",
        "PTL001",
        _own(service="lwm2m"),
        "the other service",
        ExpectedFinding("PTL001", FILE, field=OWN),
    ),
    _case(
        "entry-has-other-fingerprint",
        "The portal shows another fingerprint than that of the certificate.",
        "PTL001",
        _own(certificate_fingerprint="ab" * 32),
        "another fingerprint",
        ExpectedFinding("PTL001", FILE, field=OWN),
    ),
    _case(
        "entry-of-nobody",
        "The account trusts a CA that is above none of the lines.",
        "PTL002",
        _also(lambda setup: entry(another_ca(setup, "OTHER ROOT"), "OTHER ROOT")),
        "one more entry",
        ExpectedFinding("PTL002", FILE, field=STRANGER, level="warning"),
    ),
    _case(
        "root-has-second-entry",
        "The root has an entry of its own beside that of the intermediate.",
        "PTL002",
        _also(lambda setup: entry(setup.chain[2], "ROOT_CA")),
        "one more entry",
        ExpectedFinding("PTL002", FILE, field="entry ROOT_CA", level="warning"),
    ),
    _case(
        "subject-is-taken",
        "The account still has the certificate that the intermediate's one succeeds.",
        "PTL003",
        _only(_renewed),
        "an older certificate of the same subject",
        *_absent("PTL003", "entry the year before"),
    ),
    _case(
        "account-is-full",
        "The account's one place is taken by an entry that lets nobody in.",
        "PTL004",
        _only(lambda setup: entry(another_ca(setup, "OTHER ROOT"), "OTHER ROOT", status="INACTIVE"), limit="1"),
        "another entry in the one place",
        *_absent("PTL004", "account", "warning"),
    ),
    _case(
        "developer-certificate-is-active",
        "A developer certificate is ACTIVE beside the line's entry.",
        "PTL005",
        _also(lambda setup: entry(another_ca(setup, "OTHER ROOT"), "OTHER ROOT", device_execution_mode=1)),
        "a developer certificate",
        ExpectedFinding("PTL005", FILE, field=STRANGER, level="warning"),
    ),
    Case(
        "sound/entries-outlast-time-asked-for",
        "An entry for the other service lasts longer than the 20 years that were asked for.",
        "PTL006",
        (),
        _with(_also(lambda setup: entry(another_ca(setup, "OTHER ROOT"), "OTHER ROOT", service="lwm2m"))),
        within="20y",
        account=True,
    ),
    Case(
        "PTL/entry-expires-in-time-asked-for",
        "An entry for the other service expires within the 20 years that were asked for.",
        "PTL006",
        (ExpectedFinding("PTL006", FILE, field=STRANGER, level="warning"),),
        _with(_also(_short_lived)),
        "it expires in a year",
        "sound/entries-outlast-time-asked-for",
        within="20y",
        account=True,
    ),
    _case(
        "account-has-other-server",
        "fcu.yml names the server with the id of another account.",
        "PTL007",
        _other_server,
        "another account id in the server's URI",
        ExpectedFinding("PTL007", "fcu.yml", field="bootstrap-server-uri"),
    ),
    Case(
        "sound/portal-has-seen-devices-of-lot",
        "The portal has seen the one device of the lot.",
        "PTL008",
        (),
        _with(_seen("line1-0001"), devices=1),
        account=True,
    ),
    Case(
        "PTL/portal-has-seen-device-of-nobody",
        "The portal has seen a device under the line's CA that the lot does not have.",
        "PTL008",
        (ExpectedFinding("PTL008", FILE, field="device line1-9999"),),
        _with(_seen("line1-0001", "line1-9999"), devices=1),
        "one more device",
        "sound/portal-has-seen-devices-of-lot",
        account=True,
    ),
)
