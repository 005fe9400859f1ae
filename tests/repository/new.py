"""Begins a rule, a validator or a report: ``tox -e new -- rule CHN root-has-common-name --level warning``.

``tox -e new -- validator NAME`` and ``tox -e new -- report NAME`` likewise. What is begun is unfinished on purpose: the
tests fail until it says and does something, and they name the places and the command that is next.
"""

from __future__ import annotations

import argparse
import re
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

RULE = """

@{decorator}(
    "{code}",
    Level.{level},
{card}    source=inferred(""),
{needs})
def {name}({parameters}) -> {returns}:
{body}
"""
BODY = """    raise NotImplementedError("{code}: {task}")"""
LOT_BODY = f"""    def check(device: Device, ca: CaContext) -> DeviceFindings:
    {BODY}

    return check"""
DEFECT = '''

@defect(ExpectedFinding("{code}", {file}{level}){shown_in})
def {name}_broken(s: FactorySetup) -> None:
    """One sentence: what is wrong with this setup."""
    raise NotImplementedError("{code}: break the setup, by one edit")
'''
ADAPTER = '''"""{name}: one sentence on what the library is, and how it differs from the others."""

from __future__ import annotations

from fcu_conform.validators.adapters.python_library import PythonLibrary
from fcu_conform.validators.libraries import {constant}
from fcu_conform.validators.model import Answer, Question


class {make}(PythonLibrary):
    """What it is asked, and what it does not look at."""

    library = {constant}

    def _judge(self, question: Question) -> Answer:
        raise NotImplementedError("{name}: put the question, and give the verdict in the library's own words")
'''
REPORT = '''"""The report as {name}: one sentence on who reads it."""

from __future__ import annotations

from fcu_conform.interfaces.reports.json_report import Document


def render(content: Document) -> bytes:
    """The document of json_report as {name}, in UTF-8."""
    raise NotImplementedError("{name}: write the report")
'''

_CARD = re.compile(r"^        (\w+): str,$", re.MULTILINE)
_SOURCES = re.compile(r"^(from fcu_conform\.rules\.support\.sources import )(\w.*)$", re.MULTILINE)
_MODEL = re.compile(r"^(from reference_ca\.defects\.model import )(\w.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Check:
    """The function of a rule, by what it is asked about."""

    decorator: str
    parameters: str
    returns: str
    body: str = BODY
    task: str = "yield a Finding for everything that is wrong"


OF_SETUP = Check("rule", "setup: Setup", "Findings")
OF_DEVICE = Check(
    "device_rule", "device: Device, ca: CaContext", "DeviceFindings", task="give the findings, () where all is well"
)
OF_LOT = Check(
    "lot_rule", "_ca: CaContext", "DeviceCheck", LOT_BODY, task="compare with the first, () where all is well"
)


@dataclass(frozen=True)
class Family:
    """Where the rules of a family are begun, where the defects that break them are, and what these are shown in.

    ``file`` and ``shown_in`` are code of the defects' module; ``needs``, of the rules' module, is what none of them
    can do without.
    """

    rules: str
    defects: str
    file: str
    shown_in: str = ""
    check: Check = OF_SETUP
    needs: str = ""


FAMILIES = {
    "CFG": Family("config/settings", "in_configs", '"fcu.yml"'),
    "KEY": Family("keystore/private_key", "in_keys", '"fcu_private_key.pem"'),
    "CSR": Family("keystore/request", "in_requests", '"fcu_csr.pem"'),
    "CRT": Family("keystore/certificate", "in_certificates", '"fcu.crt"'),
    "CHN": Family("keystore/chain", "in_chains", '"fcu.crt"'),
    "DEV": Family("device/certificate", "in_devices", "PEM", ", needs=ANY, parameters=ONE", OF_DEVICE),
    "LOT": Family("device/lot", "in_lots", "SECOND", ", needs=LOT, parameters=TWO", OF_LOT),
    "BDL": Family(
        "bundle/contents",
        "in_bundle_contents",
        '"line1-0001.cbor"',
        ", needs=NEEDS, parameters=SETUP_PARAMETERS",
        OF_DEVICE,
        "READABLE",
    ),
    "UPL": Family("portal/upload", "in_uploads", '"upload.pem"', ", needs=UPLOAD, parameters=SETUP_PARAMETERS"),
}


@dataclass(frozen=True)
class Begun:
    """What was begun: its name, the files with what is to be done in each, and the command that is next."""

    name: str
    files: dict[Path, str]
    command: str


def next_code(root: Path, family: str) -> str:
    """The family's first number that no rule has; numbers are never used again, so gaps stay."""
    texts = (path.read_text(encoding="utf-8") for path in (root / "fcu_conform" / "rules").rglob("*.py"))
    taken = {int(number) for text in texts for number in re.findall(rf'^    "{family}(\d{{3}})",$', text, re.MULTILINE)}
    return f"{family}{max(taken) + 1:03}"


def begin_rule(root: Path, letters: str, slug: str, level: str = "error") -> Begun:
    """Writes the beginnings of a rule and of the defect that breaks it."""
    family, code, name = FAMILIES[letters], next_code(root, letters), slug.replace("-", "_")
    rules = root / "fcu_conform" / "rules" / f"{family.rules}.py"
    defects = root / "reference_ca" / "defects" / f"{family.defects}.py"
    check = family.check
    rule = RULE.format(
        decorator=check.decorator,
        code=code,
        level=level.upper(),
        card="".join(f'    {field}="",\n' for field in _card(root)),
        needs=f"    needs={family.needs},\n" if family.needs else "",
        name=name,
        parameters=check.parameters,
        returns=check.returns,
        body=check.body.format(code=code, task=check.task),
    )
    defect = DEFECT.format(
        code=code,
        file=family.file,
        level="" if level == "error" else f', level="{level}"',
        shown_in=family.shown_in,
        name=name,
    )
    for path, text in ((rules, rule), (defects, defect)):
        before = path.read_text(encoding="utf-8").rstrip("\n")
        begun = _MODEL.sub(partial(_with, "ExpectedFinding"), _SOURCES.sub(partial(_with, "inferred"), before))
        path.write_text(begun + "\n" + text, encoding="utf-8")
    tasks = {rules: "say what it asks for, and check it", defects: "break a setup so that only this rule fails"}
    return Begun(code, tasks, "tox -e expected -- --write")


def _card(root: Path) -> list[str]:
    """What a rule's card has to say in words, in the order of `RuleDecorator`."""
    model = (root / "fcu_conform" / "rules" / "model.py").read_text(encoding="utf-8")
    return _CARD.findall(model[model.index("def __call__(") : model.index("source: Source | ")])[1:]


def _with(name: str, line: re.Match[str]) -> str:
    """An import on one line, with a name that what is begun needs; constants, classes and functions in ruff's order."""
    names = {*line[2].split(", "), name}
    return line[1] + ", ".join(sorted(names, key=lambda one: (not one.isupper(), not one[0].isupper(), one)))


def begin_validator(root: Path, name: str, package: str = "") -> Begun:
    """Writes the beginning of an adapter, what is known of its library, and its entry at the end of the registry."""
    module, package = name.replace("-", "_"), package or name
    make = "".join(word.capitalize() for word in name.split("-"))
    adapter = root / "fcu_conform" / "validators" / "adapters" / f"{module}.py"
    registry = root / "fcu_conform" / "validators" / "registry.py"
    libraries = registry.with_name("libraries.py")
    constant = module.upper()
    _create(adapter, ADAPTER.format(name=name, make=make, constant=constant))
    known = f'{constant} = Library("{name}", "", "{package}", "{package.replace("-", "_")}")\n'
    _insert(libraries, known)
    _insert(registry, f'    _of({constant}, "{module}", "{make}"),\n', before=")\nNAMES = ")
    _insert(registry, f"    {constant},\n", before="    Library,\n")
    tasks = {
        libraries: "say whom the library stands for, and check what is imported of it",
        adapter: f"put the question to {package}, and give its verdict in its own words",
    }
    return Begun(name, tasks, "pytest tests/validators tests/independent_corpus/test_second_opinions.py")


def begin_report(root: Path, name: str, ending: str | None = None) -> Begun:
    """Writes the beginning of a report, and its ending into the table of writers."""
    module = f"{name.replace('-', '_')}_report"
    report = root / "fcu_conform" / "interfaces" / "reports" / f"{module}.py"
    line = f'    "{ending or f".{name}"}": "{module}",\n'
    _insert(root / "fcu_conform" / "interfaces" / "run" / "options.py", line, before="    STATEMENT: ")
    _create(report, REPORT.format(name=name))
    return Begun(name, {report: "turn the document into the file's bytes"}, "tox -e expected -- --write")


def _create(path: Path, text: str) -> None:
    if path.exists():
        raise SystemExit(f"{path} is there already")
    path.write_text(text, encoding="utf-8")


def _insert(path: Path, line: str, *, before: str = "") -> None:
    """Writes a line before the first place of a text, or at the file's end."""
    text = path.read_text(encoding="utf-8")
    if line in text:
        raise SystemExit(f"{path} has it already: {line.strip()}")
    path.write_text(text.replace(before, line + before, 1) if before else text + line, encoding="utf-8")


def _words(text: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not words with dashes between them")
    return text


def _ending(text: str) -> str:
    if not re.fullmatch(r"(\.[a-z0-9]+)+", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not an ending such as .csv")
    return text


def main(arguments: list[str], root: Path = ROOT) -> int:
    """Reads the command line, writes, and says what is left to do."""
    parser = argparse.ArgumentParser(prog="tox -e new --", description=(__doc__ or "").splitlines()[0])
    what = parser.add_subparsers(dest="what", required=True)
    rule = what.add_parser("rule", help="a rule and the defect that breaks it")
    rule.add_argument("letters", metavar="family", choices=FAMILIES, help=", ".join(FAMILIES))
    rule.add_argument("slug", type=_words, help="what holds, in words with dashes: root-has-common-name")
    rule.add_argument("--level", choices=["error", "warning", "notice"], default="error")
    validator = what.add_parser("validator", help="the adapter of a Python library")
    validator.add_argument("name", type=_words, help="what users call it")
    validator.add_argument("--package", default="", help="what pip calls the library (default: the same)")
    report = what.add_parser("report", help="one more format of the report")
    report.add_argument("name", type=_words)
    report.add_argument("--ending", type=_ending, default=None, help="the ending that asks for it (default: .NAME)")
    given = vars(parser.parse_args(arguments))
    begin = {"rule": begin_rule, "validator": begin_validator, "report": begin_report}[given.pop("what")]
    begun = begin(root, **given)
    print(f"{begun.name} is begun. Write")
    for path, task in begun.files.items():
        print(f"  {path.relative_to(root).as_posix()}: {task}")
    print(f"then\n  {begun.command}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
