"""What somebody writes into a rule and a defect that were begun: one of each family, for the test of the how-to."""

from __future__ import annotations

import re
from typing import NamedTuple

from repository.new import Begun


class Finish(NamedTuple):
    """The bodies of the rule's function and of the defect's, without their indentation; ``needs`` of the defect."""

    check: str
    edit: str
    needs: str = ""


FOUND = 'Finding("is a draft", Location({file}))'
ENDS = r'b"\n\n\n\n"'

FINISHES = {
    "CFG": Finish(
        f'config = config_of(setup)\nif b"# draft" in config.file.data:\n    yield {FOUND.format(file="config.name")}',
        r'_append(s, "# draft\n")',
    ),
    "KEY": Finish(
        f"file = setup.keystore.key_file.file\nif file.data.endswith({ENDS}):\n    yield "
        + FOUND.format(file="file.name"),
        f"s.edit_file(KEY_FILE, lambda data: data + {ENDS})",
    ),
    "CSR": Finish(
        f"file = setup.keystore.request_file.file\nif file.data.endswith({ENDS}):\n    yield "
        + FOUND.format(file="file.name"),
        f"s.edit_file(REQUEST_FILE, lambda data: data + {ENDS})",
        ", needs=REQUESTED",
    ),
    "CRT": Finish(
        'for _, certificate in certificates(setup):\n    if "draft" in str(certificate.subject):\n        yield '
        + FOUND.format(file="CERTIFICATE_NAME"),
        's.chain[-1].subject = asn1.name(("CN", "draft"))',
        ", needs=CHAIN",
    ),
    "CHN": Finish(
        'if "sketch" in str(chain_of(setup).path[-1].certificate.issuer):\n    yield '
        + FOUND.format(file="CERTIFICATE_NAME"),
        's.chain[-1].subject = asn1.name(("CN", "sketch"))',
        ", needs=CHAIN",
    ),
    "DEV": Finish(
        'name = own_certificate(device, ca).subject\nreturn [Finding("is a draft")] if "draft" in str(name) else ()',
        's.device.certificate.subject = asn1.name(("CN", s.device.endpoint_name), ("OU", "draft"))',
    ),
    "LOT": Finish(
        "earlier: list[int] = []\n\n"
        "def check(device: Device, ca: CaContext) -> DeviceFindings:\n"
        "    serial = own_certificate(device, ca).serial\n"
        '    found = [Finding("is a draft")] if earlier and serial == earlier[0] + 1 else []\n'
        "    earlier.append(serial)\n"
        "    return found\n\n"
        "return check",
        "s.devices[1].certificate.serial = s.device.certificate.serial + 1",
    ),
    "BDL": Finish(
        'value = parameter_of(bundle_of(device), "mbed.HardwareVersion")\n'
        'return [Finding("is a draft")] if value == "draft" else ()',
        'set_parameter(s, "mbed.HardwareVersion", "draft")',
    ),
    "UPL": Finish(
        f"upload = upload_of(setup)\nif upload.certificates.file.data.endswith({ENDS}):\n    yield "
        + FOUND.format(file="upload.name"),
        f"s.edit_file(UPLOAD_FILE, lambda data: data + {ENDS})",
    ),
}

_TASK = re.compile(r"^    (?:def check\(.*\n    )?    raise NotImplementedError\(.*\n(?:\n    return check\n)?\Z", re.M)
_LAST_TASK = re.compile(r"^    raise NotImplementedError\(.*\n\Z", re.M)


def indented(code: str) -> str:
    return "".join(f"    {line}" if line.strip() else line for line in code.splitlines(keepends=True)) + "\n"


def finish(begun: Begun, family: str) -> None:
    """Writes into both files what is missing at their ends, as a person would."""
    rule, defect = begun.files
    wanted = FINISHES[family]
    text = rule.read_text("utf-8")
    start = text.rindex(f'"{begun.name}",')
    card = re.sub(
        r'^    why="",$', rf'    why="What is a draft in {begun.name} is thrown away.",', text[start:], flags=re.M
    )
    card = re.sub(r'^    (\w+)="",$', rf'    \1="words of {begun.name} for \1",', card, flags=re.M)
    card = card.replace('inferred("")', 'inferred("drafts are made to be thrown away")')
    card, count = (_TASK if "def check(" in card else _LAST_TASK).subn(lambda _: indented(wanted.check), card)
    assert count == 1
    rule.write_text(text[:start] + card, encoding="utf-8")
    text = defect.read_text("utf-8")
    start = text.rindex("\n@defect(")
    edit, count = _LAST_TASK.subn(lambda _: indented(wanted.edit), text[start:])
    assert count == 1
    edit = edit.replace("One sentence: what is wrong with this setup.", f"Something of it is a draft ({family}).")
    edit = edit.replace("))\n", f"){wanted.needs})\n", 1) if wanted.needs else edit
    defect.write_text(text[:start] + edit, encoding="utf-8")
