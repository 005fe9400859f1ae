"""DRL001 to DRL005: a key is stolen, and the portal is to let its holder in no more."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from fcu_conform.artefacts.wording import pluralize
from fcu_conform.rules.model import Finding, Findings, Level, Location, RuleDecorator, Scope, requires
from fcu_conform.rules.support.formatting import format_instant
from fcu_conform.rules.support.sources import api, inferred, page
from fcu_conform.rules.support.theft import DeclaredTheft, Removal, TheftAccount, draw_removal, entry_text

SECURING = "Securing your factory CA keys"
NEEDS = ("CRT001", "CRT002", "CHN003", "CHN004")
"""Without a chain that can be relied on nobody knows who stands above a key."""

theft_rule: RuleDecorator[Callable[[TheftAccount], Findings]] = RuleDecorator(Scope.THEFT)
"""Puts a check of what a theft comes to into the catalogue."""


@theft_rule(
    "DRL001",
    Level.WARNING,
    requirement="a stolen key can be shut out without shutting out another line",
    title="the key of this line cannot be shut out alone",
    why="If a key is stolen, everything above it that the portal trusts has to go. What another line's devices hang on"
    " takes them offline too.",
    fix="give each line an intermediate of its own, and a root of its own where the portal trusts all that is uploaded;"
    " fcu-conform drill shows what each theft costs",
    passes="two lines under roots of their own",
    fails="two lines under one intermediate at depth 2, which is uploaded once for both",
    source=page(SECURING, "R-09"),
    needs=NEEDS,
)
def stolen_key_is_shut_out_alone(account: TheftAccount) -> Findings:
    theft = account.theft()
    dirty = [removal for removal in theft.removals if not removal.is_clean]
    if not dirty:
        return
    worst = dirty[0]
    where = "in both readings" if len(dirty) == len(theft.removals) else f"where {worst.reading.value}"
    shared = [entry for entry in worst.remove if len(entry.lines) > 1]
    once = f"; {' and '.join(shared[0].lines)} make the same upload, which is uploaded once" if shared else ""
    if worst.is_shut_out:
        words = f"{where}, shutting out a thief with its key takes {', '.join(worst.dark)} offline too{once}"
    else:
        words = f"{where}, removing all that lets in a thief with its key does not shut him out"
    yield Finding(
        words,
        Location(account.setup.ca.fcu_crt.name, 1),
        "shut out without another line",
        f"remove {', '.join(map(entry_text, worst.remove)) or 'nothing'}",
        picture=draw_removal(worst),
    )


@theft_rule(
    "DRL002",
    Level.WARNING,
    requirement="no other ACTIVE entry vouches for the keys below an entry, so that removing it removes them",
    title="another entry of the portal vouches for the key of this line",
    why="The page's remedy is to remove the certificate of a stolen key. With another entry above the key it shuts out"
    " the honest devices at most: the thief presents the certificates that are missing himself.",
    fix="upload certificates that no other entry stands above, or plan to remove all entries that are named here",
    passes="each line is uploaded under a root of its own",
    fails="two lines at depth 1, both uploaded with the intermediate above them",
    source=(page(SECURING, "R-09"), inferred("measured with DTLS servers of two libraries", "P-21")),
    needs=NEEDS,
)
def no_other_entry_vouches(account: TheftAccount) -> Findings:
    vouching = [removal for removal in account.theft().removals if _own(removal) and removal.others]
    if vouching:
        first = vouching[0]
        where = "in both readings" if len(vouching) > 1 else f"where {first.reading.value}"
        others = ", ".join(map(entry_text, first.others))
        yield Finding(
            f"{where}, {others} lets in who has its key, whether or not {_own(first)} is removed",
            Location(account.setup.ca.fcu_crt.name, 1),
            "no other entry stands above the key",
            others,
            picture=draw_removal(first),
        )


@theft_rule(
    "DRL003",
    Level.ERROR,
    requirement="no ACTIVE entry of the account is above a key that is declared stolen",
    title="the portal still trusts a key that is declared stolen",
    why="As long as one of these entries is ACTIVE, who has the key makes devices that the portal lets in.",
    fix="remove the entries, or set them to INACTIVE, and fetch the state of the account again",
    passes="the entries above the stolen key are INACTIVE or deleted",
    fails="the intermediate above the stolen key is still ACTIVE",
    source=page(SECURING, "R-09"),
    needs=NEEDS,
)
def no_entry_is_above_stolen_key(account: TheftAccount) -> Findings:
    _declared(account)
    state = account.setup.portal_state
    requires(state, "no state of the account was given (--portal-state)")
    assert state is not None
    removals = account.theft().removals
    for entry in dict.fromkeys(entry for removal in removals for entry in removal.remove):
        readings = [removal.reading.value for removal in removals if entry in removal.remove]
        where = "" if len(readings) == len(removals) else f", where {readings[0]}"
        yield Finding(
            f"{entry_text(entry)} is ACTIVE and lets in who has the stolen key{where}",
            Location(state.name, field=entry.name),
            "INACTIVE or deleted",
            "ACTIVE",
        )


@theft_rule(
    "DRL004",
    Level.ERROR,
    requirement="no device of the lot was made under a stolen key at or after the instant of the theft",
    title="devices were made under the stolen key after the theft",
    why="Such a device may be the thief's. The other way round nothing is proved: a thief can write any date into a"
    " certificate, an earlier one too.",
    fix="keep these devices apart, and make them again under the new key",
    passes="every device was made before the theft",
    fails="a device certificate that begins a day after the theft",
    source=(page(SECURING, "R-09"), inferred("a certificate is made when its validity begins, by its own account")),
    needs=NEEDS,
)
def no_device_was_made_since(account: TheftAccount) -> Findings:
    since = _declared(account).since
    requires(since, "the instant of the theft is not known (--since)")
    requires(account.setup.devices, "no devices were given")
    assert since is not None
    count, names = account.made_since()
    if count:
        more = f" and {count - len(names):,} more" if count > len(names) else ""
        yield Finding(
            f"{pluralize(count, 'device')} made at or after {format_instant(since)}, by the notBefore of the"
            f" certificate, which a thief can choose: {', '.join(names)}{more}",
            Location(names[0], field="notBefore"),
            f"notBefore before {format_instant(since)}",
        )


@theft_rule(
    "DRL005",
    Level.NOTICE,
    requirement="it is known what a removal leaves running",
    title="it is not documented what a removal leaves running",
    why="Removing an entry decides about the next handshake. Nothing documents what it does to devices that are"
    " registered already.",
    fix="ask the vendor of the portal before you rely on a removal, and watch the list of devices after it",
    passes="use-bootstrap: false: the factory certificate is the credential itself, and the next handshake fails",
    fails="use-bootstrap: true: a device that went through bootstrap has other credentials",
    source=api("status", "P-22"),
    needs=NEEDS,
)
def what_a_removal_leaves_is_known(account: TheftAccount) -> Findings:
    _declared(account)
    for words in _leaves(account.setup.mode):
        yield Finding(words, Location("fcu.yml", field="use-bootstrap"))


def _leaves(mode: str | None) -> Iterator[str]:
    if mode != "lwm2m":
        yield "not documented: whether devices that went through bootstrap stay registered, the thief's among them"


def _declared(account: TheftAccount) -> DeclaredTheft:
    declared = account.declared
    requires(declared is not None and account.setup.name in declared.lines, "the key is not declared stolen")
    assert declared is not None
    return declared


def _own(removal: Removal) -> str:
    """The entries of the line itself that let the thief in, in words."""
    return ", ".join(entry.name for entry in removal.remove if removal.stolen in entry.lines)
