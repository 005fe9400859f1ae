"""What a rule is, what it finds, and the catalogue that all rules stand in."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar

from fcu_conform.artefacts.device_field import WHAT_ALL_SHARE, DeviceField
from fcu_conform.artefacts.redaction import redact
from fcu_conform.rules.family import Family

if TYPE_CHECKING:
    from fcu_conform.artefacts.ca_context import CaContext
    from fcu_conform.artefacts.device import Device
    from fcu_conform.artefacts.encodings.certificate import Certificate
    from fcu_conform.artefacts.enrollment.comparison import EnrollmentComparison
    from fcu_conform.artefacts.setup import Setup
    from fcu_conform.artefacts.upload import Upload
    from fcu_conform.artefacts.waivers import Waiver
    from fcu_conform.rules.support.first_holders import FirstHolders

C = TypeVar("C", bound=Callable[..., Any])

LONGEST = 2000
"""Characters of one text of a finding: names and values come from outside and may be as long as a file."""

LONGEST_KEY = 500
"""Characters of a private key's text, about: 32 octets as a list of hexadecimal numbers have 192."""


class Level(str, Enum):
    """How much a finding weighs: only an error makes a setup non-conformant."""

    ERROR = "error"
    WARNING = "warning"
    NOTICE = "notice"


class Evidence(str, Enum):
    """What kind of document or observation a rule rests on."""

    PAGE = "page"
    DOCS = "docs"
    DEVICE = "device"
    API = "api"
    RFC = "rfc"
    INFERRED = "inferred"


@dataclass(frozen=True)
class Source:
    """Where a rule comes from: a document, the section in it, and the ids of the facts behind it."""

    evidence: Evidence
    document: str
    section: str = ""
    facts: tuple[str, ...] = ()

    @property
    def citation(self) -> str:
        """Document and section; the ids of facts, which a reader of a terminal cannot look up, are left out."""
        titled = self.section if self.evidence is Evidence.RFC else f'"{self.section}"'
        return f"{self.document}, {titled}" if self.section else self.document

    def __str__(self) -> str:
        return f"{self.citation} ({', '.join(self.facts)})" if self.facts else self.citation


@dataclass(frozen=True)
class Location:
    """Where a finding is: a file name, the number of the certificate in it (from 1), a line, a field."""

    file: str | None = None
    index: int | None = None
    line: int | None = None
    field: str | None = None


@dataclass(frozen=True)
class Finding:
    """One thing that a rule saw.

    ``why``, ``fix`` and ``level`` default to those of the rule; a rule sets them where this case differs.
    ``picture`` is preformatted text, a line an entry: a drawing of the chain, say. ``waiver`` is set by the engine,
    where a waiver covers what was found.
    """

    message: str
    location: Location = Location()
    expected: str = ""
    found: str = ""
    why: str = ""
    fix: str = ""
    level: Level | None = None
    picture: tuple[str, ...] = ()
    waiver: Waiver | None = None


Findings: TypeAlias = Iterator[Finding]
DeviceFindings: TypeAlias = Sequence[Finding]
Instances: TypeAlias = "Sequence[Setup]"
DeviceCheck: TypeAlias = "Callable[[Device, CaContext], DeviceFindings]"
DevicePathCheck: TypeAlias = "Callable[[Device, Upload], PathQuestion]"


@dataclass(frozen=True)
class PathQuestion:
    """A path that independent validators are asked about: leaf, what is presented with it in order, and the anchors."""

    leaf: Certificate
    untrusted: tuple[Certificate, ...]
    anchors: tuple[Certificate, ...]


class Scope(Enum):
    """What a rule judges at a time, and with it what its check takes and gives.

    SETUP: a setup; ``check(setup)`` yields findings.
    INSTANCES: a setup beside the others of the run; ``check(setup, others)`` yields findings.
    DEVICE: every device by itself; ``check(device, ca)`` gives findings. It is called for every device of a lot, maybe
        in another process or on another machine, so it is a plain function that gives a sequence, ``()`` where all is
        well, and not a generator, and it knows nothing but the device and the `CaContext`.
    LOT: devices compared with the first; ``check(ca)`` gives, for one pass, a function like that of DEVICE, which
        remembers of the devices that it was asked about only what it saw in the first.
    UNIQUE: what no two devices may share; ``check(ca, holders)`` gives one too, and asks ``holders`` for earlier ones.
    PATH: independent validators are asked about a path of fcu.crt; ``check(ca)`` gives the `PathQuestion`.
    DEVICE_PATH: they are asked about devices; ``check(device, upload)`` gives the `PathQuestion`.
    HANDSHAKE: devices connect to a server; ``check(device, upload)`` gives the `PathQuestion` that this is about.
    ENROLLMENT: the CSV of first to claim beside the devices; ``check(comparison)`` yields findings.
    THEFT: the key of a setup is stolen; ``check(account)`` yields findings, see `fcu_conform.rules.support.theft`.
    RUN: the run itself; ``check(account)`` yields findings, see `fcu_conform.rules.run.completeness`.
    WAIVERS: the file of waivers, once in a run; ``check(audit)`` yields findings, see `fcu_conform.rules.run.waivers`.
    """

    SETUP = "setup"
    INSTANCES = "instances"
    DEVICE = "device"
    LOT = "lot"
    UNIQUE = "unique"
    PATH = "path"
    DEVICE_PATH = "device path"
    HANDSHAKE = "handshake"
    ENROLLMENT = "enrollment"
    THEFT = "theft"
    RUN = "run"
    WAIVERS = "waivers"

    @property
    def is_about_run(self) -> bool:
        """What such a rule finds says nothing of any setup."""
        return self in (Scope.RUN, Scope.WAIVERS)


OVER_DEVICES = frozenset({Scope.DEVICE, Scope.LOT, Scope.UNIQUE})
"""Scopes of the rules that are judged in the pass over the devices."""

BY_VALIDATORS = frozenset({Scope.PATH, Scope.DEVICE_PATH})
"""Scopes of the rules that independent validators answer, each of them for itself."""

BY_OTHERS = BY_VALIDATORS | {Scope.HANDSHAKE, Scope.THEFT}
"""Scopes of the rules that somebody else answers."""


class NotApplicable(Exception):
    """Raised by a rule whose subject is not there to be judged; the text says what is missing."""


class Blocked(Exception):
    """Raised by a rule that another rule's fault keeps from judging; ``codes`` are those rules' codes."""

    def __init__(self, *codes: str) -> None:
        super().__init__(", ".join(codes))
        self.codes = codes


@dataclass(frozen=True)
class Rule:
    """One requirement and the function that checks it.

    ``needs``: rules without which it cannot judge: where one has failed, warned or been blocked, this one is blocked.
    What a device rule needs of other device rules counts for each device by itself.
    ``told_by``: rules that tell of the same fault: where one of them has found something, this one is blocked, but not
    where it could not judge itself.
    ``partially_blocked_by``: rules whose failure leaves a part of the subject unjudged: this rule still judges the
    rest, but may not say "passed" then, only "blocked".
    """

    code: str
    slug: str
    level: Level
    requirement: str
    title: str
    why: str
    fix: str
    passes: str
    fails: str
    sources: tuple[Source, ...]
    needs: tuple[str, ...]
    told_by: tuple[str, ...]
    partially_blocked_by: tuple[str, ...]
    check: Callable[..., Any]
    scope: Scope = Scope.SETUP
    waivable: bool = True
    looks_at: frozenset[DeviceField] = frozenset(DeviceField)

    @property
    def family(self) -> Family:
        """The family that its code begins with."""
        return Family(self.code[:3])

    @property
    def source(self) -> str:
        """All sources, as text for people."""
        return "; ".join(str(source) for source in self.sources)

    @property
    def evidence(self) -> str:
        """The kinds of evidence, most weighty first, joined by commas."""
        return ", ".join(dict.fromkeys(source.evidence.value for source in self.sources))

    def complete(self, finding: Finding) -> Finding:
        """The finding with what it leaves open filled in from the rule.

        What is endless in it is cut short, and private keys are taken out: names and values come from outside.
        """
        place = finding.location
        return replace(
            finding,
            message=_shown(finding.message),
            location=replace(place, file=place.file and _shown(place.file), field=place.field and _shown(place.field)),
            expected=_shown(finding.expected),
            found=_shown(finding.found),
            picture=tuple(map(_shown, finding.picture)),
            why=_shown(finding.why) or self.why,
            fix=_shown(finding.fix) or self.fix,
            level=finding.level or self.level,
        )


def _shown(text: str) -> str:
    # Cut twice: half a key that stands at the limit would not be known as one, and a whole file would take long.
    text = redact(text[: LONGEST + LONGEST_KEY], read_ahead=True)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


class Catalogue:
    """All rules by code, in the order of their families and numbers."""

    def __init__(self) -> None:
        self._rules: dict[str, Rule] = {}
        self._is_sorted = True

    def add(self, rule: Rule) -> None:
        """Takes one rule; a code or slug that is there already is a programming error."""
        if rule.code in self._rules or any(rule.slug == other.slug for other in self._rules.values()):
            raise ValueError(f"{rule.code} ({rule.slug}) is in the catalogue already")
        self._rules[rule.code] = rule
        self._is_sorted = False  # sorted when it is read: every start of a run adds all rules one by one

    def without(self, codes: Collection[str]) -> Catalogue:
        """A catalogue without some of the rules."""
        part = Catalogue()
        part._rules = {rule.code: rule for rule in self if rule.code not in codes}
        return part

    def __getitem__(self, code: str) -> Rule:
        return self._rules[code]

    def __contains__(self, code: object) -> bool:
        return code in self._rules

    def __iter__(self) -> Iterator[Rule]:
        if not self._is_sorted:
            self._rules = dict(sorted(self._rules.items(), key=_place))
            self._is_sorted = True
        return iter(self._rules.values())

    def __len__(self) -> int:
        return len(self._rules)

    def digest(self) -> str:
        """SHA-256 over all of every rule that bears on a verdict: two suites that judge alike share it."""
        lines = (
            "|".join(
                (
                    *(r.code, r.slug, r.level.value, r.requirement),
                    *map(",".join, (r.needs, r.told_by, r.partially_blocked_by)),
                    str(r.waivable),
                )
            )
            for r in self
        )
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()


_FAMILIES = {family.value: number for number, family in enumerate(Family)}


def _place(item: tuple[str, Rule]) -> tuple[int, str]:
    return _FAMILIES[item[0][:3]], item[0]


REGISTERED = Catalogue()
"""The rules of every module that has been imported."""


class RuleDecorator(Generic[C]):
    """Puts decorated checks of one scope into the catalogue; ``C`` is the type that the scope asks of a check."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def __call__(
        self,
        code: str,
        level: Level,
        *,
        requirement: str,
        title: str,
        why: str,
        fix: str,
        passes: str,
        fails: str,
        source: Source | tuple[Source, ...],
        needs: tuple[str, ...] = (),
        told_by: tuple[str, ...] = (),
        partially_blocked_by: tuple[str, ...] = (),
        waivable: bool = True,
        looks_at: Collection[DeviceField] = tuple(DeviceField),
    ) -> Callable[[C], C]:
        """What puts one check into the catalogue; its name, with dashes, is the rule's slug.

        Args:
            code: family and number, e.g. ``KEY004``; never reused.
            level: what a finding weighs unless it says otherwise itself.
            requirement: what is true of every conformant setup, for the catalogue.
            title: what happened where it is not met, for a failure's headline; true of every finding of the rule.
            why: what goes wrong in a factory where it is not met.
            fix: what to do, a command where one does it.
            passes, fails: an example each, one line.
            source: where the requirement comes from.
            needs, told_by, partially_blocked_by, waivable: see `Rule`.
            looks_at: of a rule over devices, in which parts of a device it looks at something. Without it the rule is
                asked about every device, which is always right; with it a lot is judged faster, see
                `fcu_conform.engine.lot.fast_path`. A rule that looks only at what all devices of a template have in
                common says so by `WHAT_ALL_SHARE`.

        Raises:
            ValueError: an empty ``looks_at``, which could mean everything as well as nothing.
        """
        if not looks_at and looks_at is not WHAT_ALL_SHARE:
            raise ValueError(f"{code}: looks_at is empty; leave it out, or say WHAT_ALL_SHARE")

        def register(check: C) -> C:
            REGISTERED.add(
                Rule(
                    code,
                    check.__name__.replace("_", "-"),
                    level,
                    requirement,
                    title,
                    why,
                    fix,
                    passes,
                    fails,
                    source if isinstance(source, tuple) else (source,),
                    needs,
                    told_by,
                    partially_blocked_by,
                    check,
                    self._scope,
                    waivable and not self._scope.is_about_run,
                    frozenset(looks_at),
                )
            )
            return check

        return register


rule: RuleDecorator[Callable[[Setup], Findings]] = RuleDecorator(Scope.SETUP)
instances_rule: RuleDecorator[Callable[[Setup, Instances], Findings]] = RuleDecorator(Scope.INSTANCES)
device_rule: RuleDecorator[DeviceCheck] = RuleDecorator(Scope.DEVICE)
lot_rule: RuleDecorator[Callable[[CaContext], DeviceCheck]] = RuleDecorator(Scope.LOT)
unique_rule: RuleDecorator[Callable[[CaContext, FirstHolders], DeviceCheck]] = RuleDecorator(Scope.UNIQUE)
path_rule: RuleDecorator[Callable[[CaContext], PathQuestion]] = RuleDecorator(Scope.PATH)
device_path_rule: RuleDecorator[DevicePathCheck] = RuleDecorator(Scope.DEVICE_PATH)
enrollment_rule: RuleDecorator[Callable[[EnrollmentComparison], Findings]] = RuleDecorator(Scope.ENROLLMENT)
handshake_rule: RuleDecorator[DevicePathCheck] = RuleDecorator(Scope.HANDSHAKE)


def requires(condition: object, otherwise: str) -> None:
    """Says that a rule is not applicable, with the reason, unless the condition holds."""
    if not condition:
        raise NotApplicable(otherwise)
