"""DEV: the output as a whole, beside the devices in it."""

from __future__ import annotations

from fcu_conform.artefacts.ca_context import CaContext
from fcu_conform.artefacts.device import Device
from fcu_conform.artefacts.device_field import WHAT_ALL_SHARE
from fcu_conform.artefacts.device_output.file_names import DEVICE_ENDINGS
from fcu_conform.rules.device.chain import has_output
from fcu_conform.rules.model import DeviceFindings, Finding, Level, device_rule
from fcu_conform.rules.support.sources import inferred


@device_rule(
    "DEV036",
    Level.NOTICE,
    requirement="every file of the output is read; none is skipped because of its name",
    title="a file of the output was skipped because of its name",
    why="The devices in a skipped file are not judged, so their faults stay unnoticed.",
    fix=f"if the files hold devices, use an extension that the suite reads ({', '.join(DEVICE_ENDINGS)}); if not, move"
    " them out of the output",
    passes="out/ with line1-0001.pem and line1-0001.key.pem",
    fails="out/ with line1-0001.pem and line1-0002.pem.bak",
    source=inferred("what was not read cannot be called conformant"),
    looks_at=WHAT_ALL_SHARE,
)
def no_file_is_passed_over(subject: Device, _ca: CaContext) -> DeviceFindings:
    remark = subject.remark
    if remark is None or not remark.count:
        has_output(subject)
        return ()
    more = remark.count - len(remark.passed_over)
    names = ", ".join(remark.passed_over) + (f" and {more} more" if more else "")
    files, its = ("1 file was", "its") if remark.count == 1 else (f"{remark.count} files were", "their")
    expected = f"files that end in {', '.join(DEVICE_ENDINGS)}"
    return [Finding(f"{files} skipped because of {its} name: {names}", expected=expected, found=names)]
