"""Makes certification paths, good and with one odd thing each, for the tests of all validators.

Every certificate is put together with asn1crypto and signed with `cryptography`, because no builder makes most of what
is odd here. The defaults are legal: a P-256 key of the certificate's own, SHA-256, critical basicConstraints and
keyUsage on a CA, an SKI on a CA and an AKI below a root. Keys follow from their names, so two paths share keys where
they share names.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from typing import Any

from asn1crypto import core, x509
from asn1crypto.keys import PublicKeyInfo

from fcu_conform.validators.model import Question

from .parts import (
    UNKNOWN_CRITICAL,
    Extension,
    algorithm,
    directory_name_constraint,
    dns_constraint,
    extended_usage,
    forge_anchor,
    name,
    number,
    private_key,
    public_key,
    sign,
    signature_of,
    utc_validity,
    with_signature,
)

__all__ = [
    "AT",
    "DAY",
    "DEVICE",
    "FCU",
    "INTERMEDIATE",
    "ROOT",
    "UNKNOWN_CRITICAL",
    "Extension",
    "Path",
    "Plan",
    "certificate",
    "directory_name_constraint",
    "dns_constraint",
    "extended_usage",
    "for_decades",
    "forge_anchor",
    "name",
    "path",
    "private_key",
    "signature_of",
    "usual",
    "utc_validity",
    "with_signature",
]

AT = datetime(2026, 6, 1, 12, 0, tzinfo=timezone.utc)
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Plan:
    """What a certificate is to say. `None` for `ca` leaves basicConstraints out, for `usage` keyUsage.

    Attributes:
        common_name: of the subject, where `subject` is not given.
        subject: DER of the whole name.
        issuer: DER of the issuer's name as written here; None copies the issuer's subject.
        key: the name that the key follows from; None is the common name.
        signed_by: the name that the signing key follows from; None is the issuer's key.
        curve: of the key: a name of OpenSSL's, or "rsa1024".
        ski, aki: key identifiers; None makes the SHA-1 of the key, b"" leaves the extension out.
        inner_digest: the digest that the to-be-signed part names; None is `digest`.
        version: 1 or 3.
        explicit_curve: the parameters of the curve are written out.
        compressed: the key's point is compressed.
        off_curve: the key's point is not on its curve.
        serial: 0 follows from the common name and key.
    """

    common_name: str
    ca: bool | None = True
    path_len: int | None = None
    bc_critical: bool = True
    usage: frozenset[str] | None = frozenset({"key_cert_sign", "crl_sign"})
    subject: bytes | None = None
    issuer: bytes | None = None
    key: str | None = None
    signed_by: str | None = None
    curve: str = "secp256r1"
    digest: str = "sha256"
    inner_digest: str | None = None
    not_before: datetime = AT - 100 * DAY
    not_after: datetime = AT + 1000 * DAY
    generalized_time: bool = False
    validity: bytes | None = None
    ski: bytes | None = None
    aki: bytes | None = None
    more: tuple[Extension, ...] = ()
    version: int = 3
    explicit_curve: bool = False
    compressed: bool = False
    off_curve: bool = False
    serial: int = 0

    def but(self, **changes: Any) -> Plan:
        """The same plan, with some things said differently."""
        return replace(self, **changes)


ROOT = Plan("Root", aki=b"")
INTERMEDIATE = Plan("Intermediate")
FCU = Plan("FCU")
DEVICE = Plan("0123456789", ca=None, usage=None, ski=b"")


def for_decades(plan: Plan) -> Plan:
    """The plan, valid at `AT` and by the clock too, whatever it shows: some libraries judge by it."""
    now = datetime.now(timezone.utc).replace(microsecond=0)
    start, end = min(AT - 100 * DAY, now - 100 * DAY), datetime(2049, 1, 1, tzinfo=timezone.utc)
    return plan.but(not_before=start, not_after=max(end, now + 7300 * DAY))


@dataclass(frozen=True)
class Path:
    """A path, the trusted end last.

    Attributes:
        leaf: DER of the device certificate.
        above: DER of its CA certificates from its issuer to the root.
    """

    leaf: bytes
    above: tuple[bytes, ...]
    at: datetime = field(default=AT)

    def root_only(self) -> Question:
        """Mode R: only the root is trusted, the others are presented."""
        return Question(self.leaf, self.above[:-1], self.above[-1:], self.at)

    def full(self) -> Question:
        """Mode F: as R, with the root presented too."""
        return Question(self.leaf, self.above, self.above[-1:], self.at)

    def depth(self, depth: int) -> Question:
        """Mode D1, D2 …: the device presents `depth` certificates, the portal trusts the rest of the chain."""
        return Question(self.leaf, self.above[: depth - 1], self.above[depth - 1 :], self.at)

    def partial(self, depth: int) -> Question:
        """Mode P1, P2 …: as D, but only the first certificate of the upload is trusted."""
        return Question(self.leaf, self.above[: depth - 1], self.above[depth - 1 : depth], self.at)

    def with_leaf(self, leaf: bytes) -> Path:
        """The same path with another leaf."""
        return replace(self, leaf=leaf)

    def in_mode(self, mode: str) -> Question:
        """The question in a mode by its letter: R, F, D1 …, P1 …."""
        if mode in "RF":
            return self.root_only() if mode == "R" else self.full()
        return (self.depth if mode[0] == "D" else self.partial)(int(mode[1:]))


def path(*plans: Plan) -> Path:
    """A path from plans, the root first and the device last; each is signed by the one before it."""
    issuer, made = plans[0], [certificate(plans[0])]
    for plan in plans[1:]:
        made.append(certificate(plan, issuer))
        issuer = plan
    return Path(made[-1], tuple(reversed(made[:-1])))


def usual(root: Plan = ROOT, intermediate: Plan = INTERMEDIATE, fcu: Plan = FCU, device: Plan = DEVICE) -> Path:
    """The usual path of root, intermediate, FCU and device, with some of them changed."""
    return path(root, intermediate, fcu, device)


@lru_cache(maxsize=512)
def certificate(plan: Plan, issuer: Plan | None = None) -> bytes:
    """DER of a certificate; without an issuer it signs itself."""
    issuer = issuer or plan
    tbs = x509.TbsCertificate(
        {
            "serial_number": plan.serial or number(f"{plan.common_name} {plan.key} {plan.not_after}") % 2**100 + 1,
            "signature": algorithm(issuer.curve, plan.inner_digest or plan.digest),
            "issuer": x509.Name.load(plan.issuer if plan.issuer is not None else _subject(issuer)),
            "validity": _validity(plan),
            "subject": x509.Name.load(_subject(plan)),
            "subject_public_key_info": _public_key(plan),
        }
    )
    if plan.version == 3:
        tbs["version"] = "v3"
        extensions = _extensions(plan, issuer)
        if extensions:
            tbs["extensions"] = [
                {"extn_id": one.oid, "critical": one.critical, "extn_value": core.ParsableOctetString(one.value)}
                for one in extensions
            ]
    signature = sign(plan.signed_by or issuer.key or issuer.common_name, issuer.curve, plan.digest, tbs.dump())
    return bytes(
        x509.Certificate(
            {
                "tbs_certificate": tbs,
                "signature_algorithm": algorithm(issuer.curve, plan.digest),
                "signature_value": core.OctetBitString(signature),
            }
        ).dump()
    )


def _subject(plan: Plan) -> bytes:
    return name(plan.common_name) if plan.subject is None else plan.subject


def _public_key(plan: Plan) -> PublicKeyInfo:
    return public_key(
        plan.key or plan.common_name,
        plan.curve,
        compressed=plan.compressed,
        off_curve=plan.off_curve,
        explicit_curve=plan.explicit_curve,
    )


def _validity(plan: Plan) -> x509.Validity:
    if plan.validity is not None:
        return x509.Validity.load(plan.validity)
    times = [_time(moment, plan.generalized_time) for moment in (plan.not_before, plan.not_after)]
    return x509.Validity({"not_before": times[0], "not_after": times[1]})


def _time(moment: datetime, generalized: bool) -> x509.Time:
    """A UTCTime, or a GeneralizedTime: where it is wanted, and where RFC 5280 asks for it, from 2050 on."""
    if generalized or moment.year >= 2050:
        return x509.Time(name="general_time", value=x509.GeneralizedTime(moment))
    return x509.Time(name="utc_time", value=x509.UTCTime(moment))


def _extensions(plan: Plan, issuer: Plan) -> list[Extension]:
    made = []
    if plan.ca is not None:
        constraints: dict[str, Any] = {"ca": plan.ca}
        if plan.path_len is not None:
            constraints["path_len_constraint"] = plan.path_len
        made.append(Extension("basic_constraints", plan.bc_critical, x509.BasicConstraints(constraints).dump()))
    if plan.usage is not None:
        made.append(Extension("key_usage", True, x509.KeyUsage(set(plan.usage)).dump()))
    ski = _public_key(plan).sha1 if plan.ski is None else plan.ski
    if ski:
        made.append(Extension("key_identifier", False, core.OctetString(ski).dump()))
    aki = (issuer.ski or _public_key(issuer).sha1) if plan.aki is None else plan.aki
    if aki:
        identifier = x509.AuthorityKeyIdentifier({"key_identifier": aki})
        made.append(Extension("authority_key_identifier", False, identifier.dump()))
    return [*made, *plan.more]
