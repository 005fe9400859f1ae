"""The fast path through a lot: parts that were judged on one device are not judged again on the next.

A rule declares which parts of a device it looks at. If a device differs from one that passed only in other parts, the
rule would see the same bytes, so it is not run. The fast path has no findings: a device that does not match one that
passed, or for which any rule gives another result than for that one, takes the full path.
"""

from __future__ import annotations

from binascii import a2b_base64, b2a_base64
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Final, TypeAlias

from fcu_conform.artefacts.ca_context import CaContext
from fcu_conform.artefacts.device import Device, DeviceFile, Kind
from fcu_conform.artefacts.device_field import DeviceField
from fcu_conform.artefacts.encodings.certificate import Certificate
from fcu_conform.engine.lot.template import CertificateTemplate, TemplatedCertificate
from fcu_conform.engine.lot.verification.lot_verifier import LotVerifier
from fcu_conform.rules.model import DeviceCheck, NotApplicable, Rule, Scope

CHAINS = 64
"""Chains that are remembered; a lot has one, or one for each FCU instance it was mixed from."""
TEMPLATES = 4096
"""Templates that are remembered for each: lengths of names, serial numbers and signatures, multiplied."""
DATE_PAIRS = 4096
"""Pairs of dates that are remembered for each template."""

_BEGIN: Final = b"-----BEGIN CERTIFICATE-----"
_END: Final = b"-----END CERTIFICATE-----"
_SPACE: Final = b" \t\r\n"
_WIDTH: Final = 64
"""Characters in a line, as nearly everybody writes it (RFC 7468)."""
_BLANKS_AT_END: Final = 2
_DATES_ALONE: Final = frozenset({DeviceField.VALIDITY})

Reasons = Mapping[str, "str | None"]
"""By code what became of each rule that judged a device: None, or why it did not apply."""

Checks: TypeAlias = "list[tuple[DeviceCheck, str | None]]"
"""Rules' functions, each with why it did not apply to the first device, if it did not."""


class JudgedTemplate:
    """The results of rules for one device of a template in one chain, and the rules that must look at each other one.

    ``count`` devices took the fast path since this was last asked for. ``date_checks`` are rules that look at nothing
    but the dates, ``signature_checks`` those that look at the signature, ``uniqueness_checks`` those that remember
    what they saw, ``field_checks`` the others; ``passed_dates`` are dates that passed the date checks.
    """

    def __init__(self, template: CertificateTemplate, reasons: Reasons) -> None:
        self.template = template
        self.reasons = reasons
        self.count = 0
        self.passed_dates: set[bytes] = set()
        self.date_checks: Checks = []
        self.field_checks: Checks = []
        self.signature_checks: Checks = []
        self.uniqueness_checks: Checks = []


class ChainContext:
    """What devices of one chain share in addition to the template of their own certificate."""

    def __init__(self, file: DeviceFile, tail: bytes | tuple[bytes, ...], rest: tuple[Certificate, ...]) -> None:
        self.kind = file.kind
        self.tail = tail
        self.length = len(tail)
        self.rest = rest
        self.has_key = file.key is not None
        self.has_enrollment = file.enrollment_id is not None
        self.templates: dict[bytes, list[JudgedTemplate]] = {}
        self.size = 0


Candidate: TypeAlias = "tuple[JudgedTemplate, Device]"
"""Whom a device is like, and the device."""


class FastPath:
    """Knows the devices without a fault that it was shown, and recognises others of their kind.

    Args:
        checks: rule and function of each rule over devices, in the order in which they judge.
        ca: what they judge by.
        verifier: verifies many signatures at once; None where each is verified when a rule asks.

    ``by_tables`` devices were let pass whose signature the verifier has accepted.
    """

    def __init__(
        self, checks: Sequence[tuple[Rule, DeviceCheck]], ca: CaContext, verifier: LotVerifier | None = None
    ) -> None:
        self._checks = checks
        self._ca = ca
        self._verifier = verifier
        self.by_tables = 0
        self._chains: list[ChainContext] = []

    def match_known(self, files: Sequence[DeviceFile], first: int, begin_device: Callable[[int], None]) -> list[bool]:
        """Of which devices all rules would say what they said of another one; False where that is not sure.

        Step by step over all of them rather than device by device: verifying a signature drives out of the processor's
        caches what the rest needs, and the rest what verifying needs.

        Args:
            files: some devices.
            first: the number of the first of them.
            begin_device: called with a device's number before the rules that remember it are asked about it.
        """
        passing = [self._prepare(file) for file in files]
        accepted = self._verify(passing)
        for number, candidate in enumerate(passing):
            if candidate is not None and not self._give_same_results(candidate[0].signature_checks, candidate[1]):
                passing[number] = None
        for number, candidate in enumerate(passing):
            if candidate is not None:
                begin_device(first + number)
                if self._give_same_results(candidate[0].uniqueness_checks, candidate[1]):
                    candidate[0].count += 1
                    self.by_tables += accepted[number]
                else:
                    passing[number] = None
        return [candidate is not None for candidate in passing]

    def _verify(self, candidates: Sequence[Candidate | None]) -> Sequence[bool]:
        """Whose signatures the verifier accepts."""
        if self._verifier is None:
            return [False] * len(candidates)
        answers = iter(self._verifier.verify([candidate[1] for candidate in candidates if candidate is not None]))
        return [candidate is not None and next(answers) for candidate in candidates]

    def _prepare(self, file: DeviceFile) -> Candidate | None:
        """The device and whom it is like, where all rules but the dear ones say the same of both."""
        try:
            found = self._recognise(file)
            if found is None:
                return None
            chain, judged, raw = found
            own = TemplatedCertificate(judged.template, raw)
            device = file.known(own, chain.rest)
            dates = raw[judged.template.validity_at]
            if dates not in judged.passed_dates:
                if not own.validity or not self._give_same_results(judged.date_checks, device):
                    return None
                if len(judged.passed_dates) >= DATE_PAIRS:
                    judged.passed_dates.clear()
                judged.passed_dates.add(dates)
            return (judged, device) if self._give_same_results(judged.field_checks, device) else None
        except Exception:  # not PEM, no dates: whatever it is, the full path tells
            return None

    def _give_same_results(self, checks: list[tuple[DeviceCheck, str | None]], device: Device) -> bool:
        ca = self._ca
        for check, reason in checks:
            try:
                if check(device, ca) or reason is not None:
                    return False
            except NotApplicable as told:
                if str(told) != reason:
                    return False
            except Exception:  # blocked, or the rule broke: the full path tells
                return False
        return True

    def _recognise(self, file: DeviceFile) -> tuple[ChainContext, JudgedTemplate, bytes] | None:
        for number, chain in enumerate(self._chains):
            raw = _first_certificate(file, chain)
            if raw is None:
                continue
            if number:
                self._chains.insert(0, self._chains.pop(number))
            for judged in chain.templates.get(raw[: CertificateTemplate.PREFIX_LENGTH], ()):
                if judged.template.fits(raw):
                    return None if raw in self._ca.ca_certificates else (chain, judged, raw)
            return None
        return None

    def learn(self, file: DeviceFile, device: Device, reasons: Reasons) -> None:
        """Takes note of a device of which no rule has found anything that weighs; leaves out what it cannot learn."""
        with suppress(Exception):
            self._learn(file, device, reasons)

    def _learn(self, file: DeviceFile, device: Device, reasons: Reasons) -> None:
        first = device.certificate
        if first is None or first.raw in self._ca.ca_certificates or device.bundle is not None:
            return
        tail = _after_first_certificate(file)
        if tail is None or (device.key is not None and file.key is None):
            return
        template = CertificateTemplate(first)
        chain = next((chain for chain in self._chains if _first_certificate(file, chain) is not None), None)
        if chain is None:
            chain = ChainContext(file, tail, device.certificates[1:])
            self._chains = [chain, *self._chains[: CHAINS - 1]]
        if _first_certificate(file, chain) != first.raw:
            return  # the text is not as others write it
        known = chain.templates.setdefault(template.prefix, [])
        if chain.size >= TEMPLATES or any(judged.template.fits(first.raw) for judged in known):
            return
        known.insert(0, _judged(template, chain, reasons, self._checks))
        chain.size += 1

    def take_counts(self) -> Iterator[tuple[Reasons, int]]:
        """How many devices took the fast path since the last call, each number with what the rules said of them."""
        for chain in self._chains:
            for templates in chain.templates.values():
                for judged in templates:
                    if judged.count:
                        yield judged.reasons, judged.count
                        judged.count = 0


def _judged(
    template: CertificateTemplate,
    chain: ChainContext,
    reasons: Reasons,
    checks: Sequence[tuple[Rule, DeviceCheck]],
) -> JudgedTemplate:
    """What rules have said of a device, and which of them must look at each other one of its template."""
    judged = JudgedTemplate(template, reasons)
    absent = {DeviceField.ENCODING} | {
        field
        for field, given in (
            (DeviceField.PRIVATE_KEY, chain.has_key),
            (DeviceField.ENROLLMENT, chain.has_enrollment),
        )
        if not given
    }
    for rule, check in checks:
        fields = rule.looks_at - absent
        if rule.code not in reasons or not fields:
            continue
        if rule.scope is Scope.UNIQUE:
            questions = judged.uniqueness_checks
        elif DeviceField.SIGNATURE in fields:
            questions = judged.signature_checks
        else:
            questions = judged.date_checks if fields == _DATES_ALONE else judged.field_checks
        questions.append((check, reasons[rule.code]))
    return judged


def _after_first_certificate(file: DeviceFile) -> bytes | tuple[bytes, ...] | None:
    """All of the file but its first certificate; None where it does not begin with one."""
    if file.kind is Kind.CHAIN:
        return file.chain[1:]
    if file.kind is Kind.DER:
        return b""
    end = file.data.find(_END, len(_BEGIN))
    return file.data[end:] if end >= 0 and file.data.startswith(_BEGIN) and file.kind is Kind.PEM else None


def _first_certificate(file: DeviceFile, chain: ChainContext) -> bytes | None:
    """The DER of the file's first certificate, if all that follows it is the chain's."""
    if (
        chain.kind is not file.kind
        or chain.has_key is (file.key is None)
        or chain.has_enrollment is (file.enrollment_id is None)
    ):
        return None
    if chain.kind is Kind.CHAIN:
        return file.chain[0] if file.chain and file.chain[1:] == chain.tail else None
    data = file.data
    if chain.kind is Kind.DER:
        return data
    end = len(data) - chain.length
    if not data.startswith(_BEGIN) or not data.endswith(chain.tail) or end <= len(_BEGIN):
        return None
    body = data[len(_BEGIN) : end]
    try:
        raw = a2b_base64(body)
    except ValueError:
        return None
    # The decoder skips what is not base64: only what encodes to the same text again was all base64.
    text = b2a_base64(raw, newline=False)
    return raw if _is_laid_out(body, text) or _is_laid_out(_without_line_ends(body), text) else None


def _is_laid_out(body: bytes, text: bytes) -> bool:
    """Between the markers are lines of the text and nothing else, each with some of it: what OpenSSL reads."""
    if text != body.replace(b"\n", b"") or not body.startswith(b"\n") or not body.endswith(b"\n"):
        return False
    lines = -(-len(text) // _WIDTH)
    # All line ends are where lines of the usual width begin, or at the end: so nothing is left for an empty line.
    if len(body) - len(text) == lines + 1 and body[:: _WIDTH + 1].count(b"\n") >= lines:
        return True
    return b"\n\n" not in body


def _without_line_ends(body: bytes) -> bytes:
    """The body without a carriage return, or a blank or two, at the end of each line but the last."""
    *lines, last = body.split(b"\n")
    short = [line.rstrip(_SPACE) for line in lines]
    are_few = all(len(line) - len(kept) <= _BLANKS_AT_END for line, kept in zip(lines, short, strict=True))
    return b"\n".join((*short, last)) if are_few else b""
