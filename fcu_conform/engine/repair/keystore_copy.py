"""Plans the repaired copy of a keystore, with fcu.yml and the upload where these are changed or lie in it."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from fcu_conform.artefacts.ca_context import Slicing
from fcu_conform.artefacts.config import ConfigFile
from fcu_conform.artefacts.encodings.certificate import Certificate
from fcu_conform.artefacts.keystore import OWN_FILES
from fcu_conform.artefacts.setup import Setup
from fcu_conform.engine.repair.certificates import chain_of, repair_upload
from fcu_conform.engine.repair.config import repair_config
from fcu_conform.engine.repair.credentials import certificates_in, take_credentials
from fcu_conform.engine.repair.other_files import take_other_files
from fcu_conform.engine.repair.plan import Plan, PlannedFile, mode_of
from fcu_conform.engine.repair.repaired import NotRepairable


def plan_copy(setup: Setup) -> Plan:
    """The repaired copy of a setup's keystore; everything is read before anything is written."""
    keystore = setup.keystore
    plan = Plan({"": stat.S_IMODE(keystore.path.stat().st_mode)})
    access = keystore.folder_access
    if access.grants:
        plan.changes.append(f"the folder: mode 0700 instead of {access.mode}")
        plan.folders[""] = 0o700
    take_other_files(keystore, plan)
    take_credentials(keystore, plan)
    depth = _take_config(setup, plan)
    _take_upload(setup, plan, depth)
    plan.drop_broken_links()
    return plan


def _take_config(setup: Setup, plan: Plan) -> int | None:
    """Puts a repaired fcu.yml into the copy; gives the depth that it sets."""
    config = setup.config
    if config is None:
        return setup.depth
    plan.config = _name_inside(setup, config.path)
    try:
        repaired = repair_config(config)
    except NotRepairable:
        return setup.depth
    if repaired is None:
        return setup.depth
    plan.config = plan.config or _free_name(plan, config.name)
    plan.take(plan.config, repaired, mode_of(config.file))
    depth = ConfigFile(replace(config.file, data=repaired.data)).depth
    return setup.chain_depth if depth is None else depth


def _take_upload(setup: Setup, plan: Plan, depth: int | None) -> None:
    """Puts a repaired upload into the copy, and the details beside it."""
    upload = setup.upload
    if upload is None:
        return
    file = upload.certificates
    inside = _name_inside(setup, file.file.path)
    plan.upload = inside if inside in plan.files else ""
    try:
        repaired = repair_upload(file, _on_portal(certificates_in(plan), depth))
    except NotRepairable:
        return
    if repaired is None:
        return
    plan.upload = inside if inside and inside not in OWN_FILES else _free_name(plan, file.name)
    plan.take(plan.upload, repaired, mode_of(file.file) or 0o644)
    details = upload.details_file
    if details is not None and details.trouble is None:
        name = str(Path(plan.upload).with_suffix(details.path.suffix))
        plan.files.setdefault(name, PlannedFile(details.data, mode_of(details)))


def _on_portal(certificates: Sequence[Certificate], depth: int | None) -> tuple[Certificate, ...]:
    """What belongs on the portal; empty where that is not known for certain."""
    chain = chain_of(certificates, None)
    if depth is None and len(certificates) == 1:
        depth = 1
    signed = (one.signed_by(other.public_key) for one, other in pairwise(certificates))
    if depth is None or not 1 <= depth <= len(certificates) or not chain.is_complete or not all(signed):
        return ()
    return Slicing(depth, tuple(certificates)).on_portal


def _name_inside(setup: Setup, path: Path) -> str:
    """The path of a file below the keystore; empty where it lies elsewhere."""
    root, place = Path(os.path.realpath(setup.keystore.path)), Path(os.path.realpath(path))
    return str(place.relative_to(root)) if place.is_relative_to(root) else ""


def _free_name(plan: Plan, name: str) -> str:
    """A name for a file of the copy that no other file has."""
    while name in (*OWN_FILES, *plan.files):
        name = f"repaired-{name}"
    return name
