"""CHN008 to CHN010: what certificates of the path demand of those below: number, names, validity."""

from __future__ import annotations

from fcu_conform.artefacts.setup import Setup
from fcu_conform.artefacts.wording import pluralize
from fcu_conform.rules.keystore.chain import chain_of, pairs_of
from fcu_conform.rules.model import Finding, Findings, Level, requires, rule
from fcu_conform.rules.support.formatting import (
    DAY,
    at_certificate,
    certificate_text,
    format_exact_span,
    format_instant,
)
from fcu_conform.rules.support.inputs import path_of, unless_gap
from fcu_conform.rules.support.name_constraints import excluded_names
from fcu_conform.rules.support.sources import inferred, rfc


@rule(
    "CHN008",
    Level.ERROR,
    requirement="path length constraints allow every CA below and the device certificates",
    title="a path length constraint is too small for the chain",
    why="If a CA allows fewer CAs below it than there are, validators refuse every device.",
    fix="issue the named certificate again with a larger pathlen, or without one",
    passes="pathlen:0 on the FCU certificate, pathlen:1 on the one above",
    fails="pathlen:0 on the root above an intermediate",
    source=rfc(5280, "4.2.1.9"),
    needs=("CRT001",),
    partially_blocked_by=("CRT002",),
)
def path_lengths_leave_room(setup: Setup) -> Findings:
    yield from unless_gap(setup.ca, _short_path_lengths(setup))


def _short_path_lengths(setup: Setup) -> Findings:
    path = path_of(setup.ca)
    for position, link in enumerate(path):
        constraints = link.certificate.basic_constraints
        if constraints is None or not constraints.ca or constraints.path_length is None:
            continue
        below = sum(1 for lower in path[:position] if not lower.certificate.is_self_issued)
        if constraints.path_length < below:
            yield Finding(
                f"{certificate_text(link, setup.ca)}: allows {pluralize(constraints.path_length, 'CA certificate')}"
                " below it",
                at_certificate(link, setup.ca, "basicConstraints"),
                f"pathlen:{below} or more, or none",
                f"pathlen:{constraints.path_length} above {pluralize(below, 'CA certificate')}",
            )


@rule(
    "CHN009",
    Level.ERROR,
    requirement="name constraints, if present, permit the subjects below them",
    title="a name constraint excludes a certificate below it",
    why="If a CA's constraints do not permit a name, validators refuse every device below it.",
    fix="issue the named CA certificate again without name constraints, or with constraints that permit these names",
    passes="permitted DirName O=ACME above CN=FCU, O=ACME",
    fails="permitted DirName O=ACME above CN=FCU",
    source=rfc(5280, "4.2.1.10"),
    needs=("CRT001",),
    partially_blocked_by=("CRT002",),
)
def name_constraints_admit_path(setup: Setup) -> Findings:
    yield from unless_gap(setup.ca, _excluded_names(setup))


def _excluded_names(setup: Setup) -> Findings:
    path = path_of(setup.ca)
    constrained = setup.ca.chain.constrained
    requires(constrained, "there are no name constraints")
    for link, constraints in constrained:
        for lower in path[: path.index(link)]:
            if lower.certificate.is_self_issued:
                continue
            for name, reason in excluded_names(constraints, lower.certificate):
                yield Finding(
                    f"{certificate_text(lower, setup.ca)}: {name} is {reason} by the name constraints of certificate"
                    f" {link.index}",
                    at_certificate(link, setup.ca, "nameConstraints"),
                    expected="constraints that permit it",
                    found=reason,
                )


@rule(
    "CHN010",
    Level.WARNING,
    requirement="no certificate outlives its issuer by more than a day",
    title="a certificate outlives its issuer",
    why="A path is valid only as long as its shortest certificate: the years beyond that are of no use.",
    fix="issue CA certificates that last at least as long as the certificates that they sign",
    passes="root until 2061, intermediate until 2061",
    fails="root until 2046, FCU certificate until 2061",
    source=inferred("no document asks for nested validity; the page's own example is off by seconds", "D-11"),
    needs=("CRT001",),
    partially_blocked_by=("CRT002",),
)
def certificates_do_not_outlive_issuers(setup: Setup) -> Findings:
    yield from unless_gap(setup.ca, _outliving(setup))


def _outliving(setup: Setup) -> Findings:
    for link, issuer in pairs_of(chain_of(setup)):
        end, limit = link.certificate.not_after.instant, issuer.certificate.not_after.instant
        if end - limit > DAY:
            yield Finding(
                f"{certificate_text(link, setup.ca)}: outlives its issuer, certificate {issuer.index}, by"
                f" {format_exact_span(end - limit)}",
                at_certificate(link, setup.ca, "notAfter"),
                f"notAfter {format_instant(limit)} or earlier",
                f"notAfter {format_instant(end)}",
            )
