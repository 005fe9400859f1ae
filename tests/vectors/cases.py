"""Every case of fixtures/: where it stands, how it is made, and what exactly is to be said of it."""

from __future__ import annotations

from datetime import datetime, timezone

from cryptography.hazmat.primitives.asymmetric import ec

from reference_ca import KeySource
from reference_ca.defects import DEFECTS, NEAR_MISSES, Defect, ExpectedFinding, FactorySetup, SetupParameters

from .accounts import ACCOUNTS
from .case import Case
from .horizon_and_theft import HORIZON, THEFTS, usual
from .topologies import TOPOLOGIES, Topology

JUDGED_AT = datetime(2026, 6, 1, tzinfo=timezone.utc)
SEED = "fcu-conform fixtures"


class RecordingSource(KeySource):
    """A seeded source that remembers the keys it gave; ``asked`` are the labels of the latest, until it is emptied."""

    def __init__(self, seed: str, *, at: datetime) -> None:
        super().__init__(seed, at=at)
        self.keys: dict[str, ec.EllipticCurvePrivateKey] = {}
        self.asked: set[str] = set()

    def private_key(self, label: str) -> ec.EllipticCurvePrivateKey:
        """Gives a key, and remembers it by its label."""
        self.asked.add(label)
        return self.keys.setdefault(label, super().private_key(label))


def _plain(parameters: SetupParameters) -> str:
    return f"sound/{parameters}"


def _topology(topology: Topology) -> Case:
    parameters = topology.shape
    return Case(
        _plain(parameters),
        topology.story,
        topology.about,
        topology.places,
        lambda source: FactorySetup(parameters, source),
    )


PLAIN = {_plain(topology.shape) for topology in TOPOLOGIES}


def _near_miss(odd: Defect) -> Case:
    plain = _plain(odd.parameters)
    return Case(
        f"sound/{odd.name}",
        odd.story,
        odd.about,
        odd.expected,
        odd.make,
        odd.name,
        plain if plain in PLAIN else "",
        odd.ask,
        odd.handshake,
    )


def _defect(defect: Defect) -> Case:
    about = defect.expected[0].code
    baseline = f"sound/{defect.baseline}" if defect.baseline else _plain(defect.parameters)
    return Case(
        f"{about[:3]}/{defect.name}",
        defect.story,
        about,
        defect.expected,
        defect.make,
        defect.name,
        baseline,
        defect.ask,
        defect.handshake,
    )


def _self_signed(source: KeySource) -> FactorySetup:
    return FactorySetup(SetupParameters(length=1, depth=1), source)


def waiver(code: str = "DEV015", expires: str = "2026-09-30") -> str:
    """A file of one waiver; unless told otherwise of a rule that a run without devices does not ask."""
    words = f'code = "{code}"\nscope = "*"\nreason = "the line is rebuilt in autumn"\nowner = "QA"\n'
    return f"[[waiver]]\n{words}expires = {expires}\n"


def _waiver(name: str, story: str, code: str, edit: str, waivers: str, of: str = "DEV015") -> Case:
    """A case of a waiver that is wrong."""
    place = ExpectedFinding(code, "waivers.toml", field=f"waiver 1 ({of}, *)")
    return Case(f"SYS/{name}", story, code, (place,), usual, edit, "sound/waiver-in-force", waivers=waivers)


REQUEST_ALONE = ("CSR009", "SYS001")
ACCEPTS = """print('{"protocol": 1, "verdict": "accepted"}')"""
REFUSES = """print('{"protocol": 1, "verdict": "refused", "reason": "not today"}')"""

RUNS = (
    Case(
        "SYS/nothing-was-judged",
        "Only the rule about requests that wait was asked for, and a self-signed FCU has no request.",
        "SYS001",
        (ExpectedFinding("SYS001"),),
        _self_signed,
        "self-signed instead of a chain",
        "sound/one-rule-alone",
        only=REQUEST_ALONE,
    ),
    Case(
        "sound/one-rule-alone",
        "Only the rule about requests that wait was asked for, and there is a request.",
        "SYS001",
        (),
        usual,
        only=REQUEST_ALONE,
    ),
    Case(
        "SYS/validator-prints-nothing",
        "An independent validator was asked for, and it ended without an answer.",
        "SYS002",
        (ExpectedFinding("SYS002"),),
        usual,
        "the validator prints nothing",
        "sound/validator-that-accepts",
        commands={"silent": "pass"},
    ),
    Case(
        "SYS/validator-crashes",
        "An independent validator was asked for, and it crashed.",
        "SYS002",
        (ExpectedFinding("SYS002"),),
        usual,
        "the validator crashes",
        "sound/validator-that-accepts",
        commands={"broken": "raise SystemExit(3)"},
    ),
    Case(
        "sound/validator-that-accepts",
        "An independent validator was asked for, and it accepts.",
        "SYS002",
        (),
        usual,
        commands={"kind": ACCEPTS},
    ),
    Case(
        "CHN/validator-that-refuses",
        "An independent validator of the user's own refuses a path that all others accept.",
        "CHN013",
        (ExpectedFinding("CHN013", "fcu.crt", instance="keystore-stern"),),
        usual,
        "the validator refuses",
        "sound/validator-that-accepts",
        commands={"stern": REFUSES},
    ),
)

WAIVERS = (
    Case(
        "sound/waiver-in-force",
        "A waiver waits for devices, which this run has not.",
        "SYS003",
        (),
        usual,
        waivers=waiver(),
    ),
    _waiver(
        "waiver-of-no-rule",
        "The code of a waiver is misspelt.",
        "SYS003",
        "the code is of no rule",
        waiver("DEV915"),
        "DEV915",
    ),
    _waiver(
        "waiver-that-expired",
        "A waiver ended the day before.",
        "SYS004",
        "expires the day before",
        waiver(expires="2026-05-31"),
    ),
    _waiver(
        "waiver-for-181-days",
        "A waiver ends a day later than it may.",
        "SYS005",
        "expires in 181 days",
        waiver(expires="2026-11-29"),
    ),
    _waiver(
        "waiver-of-nothing",
        "A waiver is for a fault that was mended.",
        "SYS006",
        "is for a rule that finds nothing",
        waiver("KEY007"),
        "KEY007",
    ),
    Case(
        "SYS/waiver-that-hides",
        "The intermediate is missing, which is waived, and nothing that rests on it can be judged.",
        "SYS007",
        (
            *DEFECTS["intermediate-missing"].expected,
            ExpectedFinding("SYS007", "waivers.toml", field="waiver 1 (CHN003, *)"),
        ),
        DEFECTS["intermediate-missing"].make,
        "the intermediate is missing, which is waived",
        "sound/waiver-in-force",
        waivers=waiver("CHN003"),
    ),
)

CASES: dict[str, Case] = {
    case.name: case
    for case in (
        *map(_topology, TOPOLOGIES),
        *map(_near_miss, NEAR_MISSES.values()),
        *map(_defect, DEFECTS.values()),
        *RUNS,
        *WAIVERS,
        *HORIZON,
        *THEFTS,
        *ACCOUNTS,
    )
}
