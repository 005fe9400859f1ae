"""The folder to submit: all reports, the statement over them, and checksums; written whole or not at all."""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from fcu_conform.artefacts.bounded_io.json_text import parse_json
from fcu_conform.artefacts.setup import Setup
from fcu_conform.artefacts.usage import UsageError
from fcu_conform.engine.report import Verdict
from fcu_conform.interfaces.reports import intoto_report, json_report
from fcu_conform.interfaces.reports.text import printable
from fcu_conform.interfaces.reports.writers import writer
from fcu_conform.interfaces.run.options import STATEMENT, WRITERS
from fcu_conform.interfaces.run.output_files import keep_out

STATEMENT_NAME = f"statement{STATEMENT}"
SUMS_NAME = "SHA256SUMS"
VERDICT_NAME = "VERDICT.txt"
VERDICTS = frozenset(verdict.value for verdict in Verdict)
ENVIRONMENT_NAME = "environment.json"


def prepare(given: str, setups: Sequence[Setup]) -> Path:
    """The folder to write, before anything is judged.

    Raises:
        UsageError: something is there already, or nothing can be written there.
    """
    path = Path(given)
    shown = f"--out {path}"
    try:
        if path.is_symlink() or (path.exists() and not path.is_dir()):
            raise UsageError(f"{shown}: is not a folder")
        if path.is_dir() and any(path.iterdir()):
            raise UsageError(f"{shown}: is not empty")
        if not path.parent.is_dir():
            raise UsageError(f"{shown}: there is no folder {path.parent}")
        keep_out(path, setups, shown)
        Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent)).rmdir()
    except OSError as fault:
        raise UsageError(f"{shown}: cannot be written ({fault.strerror})") from None
    return path


def contents(content: json_report.Document) -> dict[str, bytes]:
    """Every file of the folder but the statement and the checksums, by name, for the document of json_report."""
    files = {f"report{ending}": writer(ending)(content) for ending in WRITERS if ending != STATEMENT}
    files[ENVIRONMENT_NAME] = json_report.render(environment(content))
    files[VERDICT_NAME] = verdict_text(content).encode("utf-8")
    return files


def statement_over(content: json_report.Document, files: Mapping[str, bytes]) -> bytes:
    """The statement of the run, which holds the digest of every other file too."""
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    return json_report.render(intoto_report.statement(content, digests))


def sums(digests: Mapping[str, str]) -> bytes:
    """The file of checksums, in the form of ``sha256sum``."""
    return "".join(f"{digest}  {name}\n" for name, digest in sorted(digests.items())).encode("ascii")


def write(out: Path, files: Mapping[str, bytes]) -> None:
    """Puts the files and their checksums at ``out``, all together.

    Raises:
        OSError: they cannot be written; nothing is left behind.
    """
    beside = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
    try:
        digests = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
        for name, data in {**files, SUMS_NAME: sums(digests)}.items():
            (beside / name).write_bytes(data)
        mask = os.umask(0)
        os.umask(mask)
        beside.chmod(0o777 & ~mask)
        beside.replace(out)
    except BaseException:
        with contextlib.suppress(OSError):
            shutil.rmtree(beside)
        raise


def environment(content: json_report.Document) -> dict[str, Any]:
    """What has judged: versions of the suite, of Python, of the libraries and of the validators."""
    packages = {}
    for requirement in metadata.requires("fcu-conform") or ():
        if re.search(r"extra == .dev.", requirement):
            continue
        name = re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0]
        with contextlib.suppress(metadata.PackageNotFoundError):
            packages[name] = metadata.version(name)
    return {
        "suite": content["suite"],
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "platform": f"{platform.system()} {platform.machine()}",
        "packages": dict(sorted(packages.items())),
        "validators": content["validators"],
    }


def verdict_text(content: json_report.Document) -> str:
    """The verdict, for somebody who opens the folder and nothing else."""
    return "\n".join([*_verdict_lines(content), ""])


def _verdict_lines(content: json_report.Document) -> Iterator[str]:
    yield content["verdict"].upper()
    yield ""
    outcomes = Counter(result["outcome"] for result in content["results"])
    yield ", ".join(f"{count} {outcome}" for outcome, count in outcomes.items())
    yield f"judged at {content['judged_at']} by fcu-conform {content['suite']['version']}"
    if content["options"]["sample_seed"] is not None:
        yield f"devices for the validators drawn with --sample-seed {content['options']['sample_seed']}"
    for subject in content["subjects"]:
        yield printable(f"{subject['kind']}: {subject['path']}")
    failed = [r for r in content["results"] if r["outcome"] in ("failed", "error")]
    waived = [finding for finding in content["findings"] if "waiver" in finding]
    if failed:
        yield ""
        yield "Failed:"
        yield from (printable(f"  {result['code']} {result['slug']} ({result['subject']})") for result in failed)
    if waived:
        yield ""
        yield "Waived:"
    for finding in waived:
        waiver = finding["waiver"]
        yield printable(f"  {finding['code']} {finding['message']}: {waiver['reason']} ({waiver['owner']},")
        yield f"    until {waiver['expires']})"
    yield ""
    yield f"fcu-conform verify-statement checks this folder; sha256sum -c {SUMS_NAME} its files."


def parse_sums(data: bytes) -> dict[str, str] | None:
    """Digests by name from a file of checksums; None if it is none."""
    listed = {}
    for line in data.decode("ascii", "replace").splitlines():
        match = re.fullmatch(r"([0-9a-f]{64})  ([A-Za-z0-9._-]+)", line)
        if match is None or match[2] in listed:
            return None
        listed[match[2]] = match[1]
    return listed


def _are_texts(digests: object) -> bool:
    return isinstance(digests, dict) and all(isinstance(digest, str) for digest in digests.values())


def _is_place(path: object) -> bool:
    return path is None or (isinstance(path, str) and path[:1] not in ("", "/") and path != ".")


def parse_statement(data: bytes) -> dict[str, Any]:
    """A statement that this suite has written.

    Raises:
        ValueError: it is none, or not exactly as it was written.
    """
    try:
        statement = parse_json(data)
        is_ours = (
            statement["_type"] == intoto_report.STATEMENT_TYPE
            and statement["predicateType"] == intoto_report.PREDICATE_TYPE
            and statement["predicate"]["result"] in ("PASSED", "WARNED", "FAILED")
            and statement["predicate"][intoto_report.VERDICT] in VERDICTS
            and isinstance(statement["predicate"]["configuration"], list)
            and all(isinstance(subject["name"], str) for subject in statement["subject"])
            and all(_are_texts(subject["digest"]) for subject in statement["subject"])
            and all(_is_place(subject.get("annotations", {}).get("path")) for subject in statement["subject"])
            and _are_texts(statement["predicate"].get(intoto_report.REPORTS, {}))
        )
        rendered = json_report.render(statement)
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError):
        is_ours, rendered, statement = False, b"", {}
    if not is_ours:
        raise ValueError("is not a statement of fcu-conform")
    if rendered != data:
        raise ValueError("is a statement of another program, or was changed")
    is_conformant = statement["predicate"][intoto_report.VERDICT] == Verdict.CONFORMANT.value
    if is_conformant != (statement["predicate"]["result"] != "FAILED"):
        raise ValueError("has a result that contradicts its verdict")
    found: dict[str, Any] = statement
    return found
