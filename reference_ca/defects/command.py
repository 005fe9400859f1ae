"""`reference-ca defect`: lists the defects, and makes a setup with one of them."""

from __future__ import annotations

import difflib
import textwrap
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import click

from reference_ca.chain import check_depth
from reference_ca.defects.model import DEFECTS, NEAR_MISSES, Defect
from reference_ca.defects.plan import FactorySetup, SetupParameters
from reference_ca.errors import ReferenceCaError
from reference_ca.key_source import KeySource


def list_all() -> None:
    """Print every defect, then every near miss, with the codes that a checker should raise."""
    for title, register in (("Defects", DEFECTS), ("Sound, and to be let pass", NEAR_MISSES)):
        click.echo(f"{title}:")
        for defect in register.values():
            click.echo(f"  {defect.name}  {' '.join(defect.breaks)}".rstrip())
            click.echo(textwrap.indent(textwrap.fill(defect.story, 100), "      "))


def make(name: str, folder: Path, length: int | None, depth: int | None, source: KeySource) -> None:
    """Write a setup with the defect (or near miss) of that name, and print what a checker should say of it.

    ``length`` and ``depth`` stand in for those of the setup that it is usually shown in. `ReferenceCaError` where
    there is no such name, or the defect cannot be had at that length and depth.
    """
    defect = _find(name)
    parameters = _parameters(defect, length, depth)
    if not defect.needs.met_by(parameters):
        raise ReferenceCaError(
            "this defect cannot be put into such a setup",
            f"{name}, {parameters}",
            "choose another --length or --depth",
        )
    defect.apply(setup := FactorySetup(parameters, source)).write(folder)
    click.echo(f"{folder}: {defect.story}")
    for line in _told(defect, setup, folder):
        click.echo(line)


def _find(name: str) -> Defect:
    known: Mapping[str, Defect] = {**DEFECTS, **NEAR_MISSES}
    if name not in known:
        near = difflib.get_close_matches(name, known, 3)
        raise ReferenceCaError(
            "unknown defect", name, f"perhaps {', '.join(near)}" if near else "see reference-ca defect --list"
        )
    return known[name]


def _parameters(defect: Defect, length: int | None, depth: int | None) -> SetupParameters:
    usual = defect.parameters
    length = usual.length if length is None else length
    depth = min(usual.depth, length + 1 if usual.depth > 1 else 1) if depth is None else depth
    return replace(usual, length=length, depth=check_depth(1 if length == 1 and depth > 1 else depth, length))


def _told(defect: Defect, setup: FactorySetup, folder: Path) -> list[str]:
    """What to judge, and what a checker should say."""
    lines = [f"  keystore  {folder / (each.folder + 'keystore')}" for each in (setup, *setup.others)]
    lines += [f"  devices   {folder / 'devices'}"] if setup.devices else []
    lines += [f"  upload    {folder / (setup.folder + 'upload.pem')}"] if setup.parameters.upload else []
    lines += [f"  enroll    {folder / (setup.folder + 'enroll.csv')}"] if setup.parameters.enrollment else []
    lines += [f"  ask       {' '.join(defect.ask)}"] if defect.ask else []
    lines += ["  ask       servers, in a handshake"] if defect.handshake else []
    for place in defect.expected:
        # which certificate it is depends on the length, and is known for the usual one
        index = str(place.index or "") if setup.parameters == defect.parameters else ""
        where = " ".join(part for part in (place.file, index, place.field) if part)
        lines.append(f"  {place.level:9} {place.code} {where}".rstrip())
    return lines if defect.expected else [*lines, "  expected  no finding"]
