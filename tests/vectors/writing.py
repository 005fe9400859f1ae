"""Writes a case's folder: the files as they are, and case.toml with what git does not keep and what is to be said."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from reference_ca.defects import ExpectedFinding, FactorySetup

from .cases import CASES, JUDGED_AT, SEED, Case, RecordingSource

NOT_IN_GIT = (".gitignore",)
"""Files that git would obey instead of keeping; they stand in case.toml."""


def key_digest(key: ec.EllipticCurvePrivateKey) -> str:
    """How a published key is known: SHA-256, in hex, of its DER SubjectPublicKeyInfo."""
    return hashlib.sha256(key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()


def write(case: Case, folder: Path, source: RecordingSource) -> None:
    """Writes one case below the folder of all fixtures."""
    source.asked.clear()
    setup = case.make(source)
    files = setup.files()
    for name, data in files.items():
        if name not in NOT_IN_GIT:
            path = folder / case.name / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
    written = {name: files[name].decode() for name in NOT_IN_GIT if name in files}
    text = describe(case, setup, sorted(key_digest(source.keys[label]) for label in source.asked), written)
    (folder / case.name / "case.toml").write_text(text, encoding="utf-8")


def write_all(folder: Path) -> dict[str, str]:
    """Writes every case and the digest over them; gives each key's digest with what to call it."""
    source = RecordingSource(SEED, at=JUDGED_AT)
    for case in CASES.values():
        write(case, folder, source)
    (folder / "DIGEST").write_text(digest(folder) + "\n", encoding="ascii")
    return {key_digest(key): f"{SEED}, key of {label}" for label, key in source.keys.items()}


def digest(folder: Path) -> str:
    """SHA-256 over the path and SHA-256 of every file of the cases, sorted by path."""
    lines = sorted(
        f"{path.relative_to(folder).as_posix()} {hashlib.sha256(path.read_bytes()).hexdigest()}\n"
        for path in folder.rglob("*")
        if path.is_file() and path.parent != folder
    )
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def describe(case: Case, setup: FactorySetup, keys: Sequence[str], written: Mapping[str, str]) -> str:
    """The text of case.toml."""
    instances = [setup, *setup.others]
    lines = [
        f"story = {quoted(case.story)}",
        f"chain = {quoted(setup.drawing())}",
        f"about = {quoted(case.about)}",
        f"clause = {quoted(case.clause)}",
    ]
    if case.baseline:
        lines += [f"baseline = {quoted(case.baseline)}", f"edit = {quoted(case.edit)}"]
    lines += [
        f"verdict = {quoted(case.verdict)}",
        "# Published here with their private halves: KEY010 and DEV037 name them, and only the tests let them pass.",
        f"test-keys = {listed(keys)}",
        "",
        "[run]",
        f"at = {JUDGED_AT:%Y-%m-%dT%H:%M:%SZ}",
        f"keystores = {listed(each.folder + 'keystore' for each in instances)}",
    ]
    if setup.devices:
        lines.append(f"devices = {listed(['devices'])}")
    if setup.parameters.upload:
        lines.append(f"uploads = {listed(each.folder + 'upload.pem' for each in instances)}")
    lines += [f"enrollment = {listed(['enroll.csv'])}"] if setup.parameters.enrollment else []
    lines += [f"validators = {listed(case.ask)}"] if case.ask else []
    lines += ["handshake = true"] if case.handshake else []
    lines += [f"only = {listed(case.only)}"] if case.only else []
    lines += [f"waivers = {quoted(case.waivers)}"] if case.waivers else []
    lines += [f"within = {quoted(case.within)}"] if case.within else []
    lines += ['portal-state = "account.json"'] if case.account else []
    lines += [f"stolen = {listed(case.stolen)}"] if case.stolen else []
    lines += [f"since = {case.since}"] if case.since else []
    if case.commands:
        lines += ["", "# Validators of the case's own, as Python scripts.", "[run.commands]"]
        lines += [f"{name} = {quoted(script)}" for name, script in case.commands.items()]
    for place in case.places:
        lines += ["", *_finding(place)]
    lines += ["", "# git keeps no modes: these are set where a case is laid out.", "[modes]"]
    lines += [f'{quoted(name)} = "{mode:04o}"' for name, mode in setup.all_modes().items()]
    if setup.links or setup.repository or written:
        lines += [
            "",
            "# Made where a case is laid out: links, what git would obey, a git work tree around it all.",
            "[laid-out]",
        ]
        lines += [f"repository = {str(setup.repository).lower()}"]
        lines += [f"links = {{ {', '.join(f'{quoted(a)} = {quoted(b)}' for a, b in setup.links.items())} }}"]
        lines += [f"files = {{ {', '.join(f'{quoted(a)} = {quoted(b)}' for a, b in written.items())} }}"]
    return "\n".join(lines) + "\n"


def _finding(place: ExpectedFinding) -> list[str]:
    lines = ["[[findings]]", f"code = {quoted(place.code)}", f"level = {quoted(place.level)}"]
    lines += [f"instance = {quoted(place.instance)}"] if place.instance else []
    lines += [f"file = {quoted(place.file)}"] if place.file else []
    lines += [f"index = {place.index}"] if place.index is not None else []
    return lines + ([f"field = {quoted(place.field)}"] if place.field else [])


def quoted(text: str) -> str:
    """A TOML string: what JSON escapes TOML reads, but for DEL."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def listed(texts: Iterable[str]) -> str:
    """A TOML array of strings."""
    return f"[{', '.join(map(quoted, texts))}]"
