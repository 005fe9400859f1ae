"""The writing of all reports that a run is asked for; their files' endings say which they are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timezone
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from fcu_conform.artefacts.usage import UsageError
from fcu_conform.interfaces.certification.witnessed import Digests, with_digests
from fcu_conform.interfaces.reports import json_report
from fcu_conform.interfaces.reports.text import printable
from fcu_conform.interfaces.run.options import STATEMENT, WRITERS
from fcu_conform.interfaces.run.output_files import check_targets, keep_out, write_atomically

if TYPE_CHECKING:
    from fcu_conform.artefacts.setup import Setup
    from fcu_conform.engine import Report
    from fcu_conform.interfaces.certification.signing import Signer
    from fcu_conform.interfaces.run.settings import Settings


def ending_of(path: str) -> str:
    """The ending that says which report a file is: the longest that fits."""
    return max((ending for ending in WRITERS if path.lower().endswith(ending)), key=len)


def writer(ending: str) -> Callable[[json_report.Document], bytes]:
    """The writer of an ending: it turns the document of json_report into a file's content.

    It is imported here, so that a run pays only for the reports it writes.
    """
    render: Callable[[json_report.Document], bytes] = import_module(f"{__package__}.{WRITERS[ending]}").render
    return render


def check(settings: Settings, setups: Sequence[Setup]) -> None:
    """Makes sure, before anything is judged, that every report can be written, and signed where that is asked for.

    Raises:
        UsageError: one cannot.
    """
    for text in settings.reports:
        keep_out(Path(text), setups, f"--fcu-report: {printable(text)}")
    check_targets(settings.reports, list(WRITERS))
    if settings.sign_key is not None and not settings.makes_statement:
        raise UsageError(f"--fcu-sign-key: there is nothing to sign: ask for --fcu-report=NAME{STATEMENT}")
    signer_of(settings, setups)


def signer_of(settings: Settings, setups: Sequence[Setup]) -> Signer | None:
    """Who signs the statement; None where nobody was asked to.

    Raises:
        UsageError: the key cannot be used.
    """
    if settings.sign_key is None:
        return None
    # Only where something is to be signed: the libraries for it are dear.
    from fcu_conform.interfaces.certification.signing import load_signer

    return load_signer(settings.sign_key, settings.sign_passphrase_env, setups)


def write(settings: Settings, report: Report, judged: Callable[[], Digests] | None = None) -> list[str]:
    """Writes every report that is asked for; gives a line for each that could not be written after all.

    Args:
        judged: gives the digests of what was judged; by default those of the report's setups. Raises UsageError where
            something is no longer what was judged.
    """
    if not settings.reports:
        return []
    faults = []
    checked_at = datetime.now(timezone.utc).replace(microsecond=0)
    content = json_report.document(report, judged_at=settings.instant, checked_at=checked_at)
    for target in map(Path, settings.reports):
        try:
            ending = ending_of(target.name)
            if ending == STATEMENT:
                sworn = with_digests(content, report.setups, None if judged is None else judged())
                signer = signer_of(settings, report.setups)
                data = writer(ending)(sworn)
                data = data if signer is None else signer.sign(data)
            else:
                data = writer(ending)(content)
            write_atomically(target, data)
        except OSError as error:
            faults.append(f"report {printable(str(target))} could not be written: {error.strerror}")
        except UsageError as error:
            faults.append(f"report {printable(str(target))} could not be written: {printable(str(error))}")
    return faults
