"""The `openssl` command line, asked to verify with the uploaded certificates as its only anchors."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from fcu_conform.artefacts.encodings.pem import to_pem
from fcu_conform.validators.adapters.processes import Tool, first_line, line
from fcu_conform.validators.model import Answer, Question, ValidatorFault

_ERROR = re.compile(rb"^error (\d+) at (\d+) depth lookup: *(.*)$", re.M)
_UNREADABLE = re.compile(rb"^.*(?:could not (?:read|find)|unable to load) .*certificate.*$", re.M | re.I)
_NO_FILE = re.compile(rb"could not open|can't open|no such file|permission denied", re.I)


class OpensslCommand(Tool):
    """`openssl verify -partial_chain` of the OpenSSL that is installed here.

    `-trusted` names the only anchors: it implies -no-CAfile, -no-CApath and, where there is one, -no-CAstore. Every
    certificate has a file of its own, because OpenSSL 3 passes over the blocks of a bundle that it cannot read: with
    the leaf in a bundle it would silently verify the next one. There is no purpose and no security level.
    """

    name = "openssl-command"
    stands_for = "OpenSSL as it is installed on this machine, and scripts around it"
    program = "openssl"
    package = "openssl"

    def version(self) -> str:
        """What `openssl version` says.

        Raises:
            ValidatorFault: it is not installed or does not run.
        """
        return _version(self._found(), self)

    def accepts_all(self, questions: Sequence[Question]) -> bool:
        """It accepts all of these: each is verified as by `ask`, but the program is started once for many.

        Raises:
            ValidatorFault: the tool is missing, or took too long.
        """
        leaves: dict[Question, list[bytes]] = {}
        for question in questions:
            leaves.setdefault(replace(question, leaf=b""), []).append(question.leaf)
        return all(self._accepts(path, ders) for path, ders in leaves.items())

    def _accepts(self, path: Question, leaves: Sequence[bytes]) -> bool:
        """It says OK of each of these leaves, and nothing else."""
        if not path.anchors:
            return False
        names = [f"leaf-{number}.pem" for number in range(1, len(leaves) + 1)]
        with tempfile.TemporaryDirectory(prefix="fcu-conform-") as name:
            folder = Path(name)
            for leaf, der in zip(names, leaves, strict=True):
                (folder / leaf).write_bytes(to_pem(der))
            finished = self._run(*_command(self._found(), path, folder), *names, folder=folder)
        return finished.status == 0 and finished.output.decode().splitlines() == [f"{leaf}: OK" for leaf in names]

    def _judge(self, program: str, question: Question, folder: Path) -> Answer:
        command = _command(program, question, folder)
        (folder / "leaf.pem").write_bytes(to_pem(question.leaf))
        finished = self._run(*command, "leaf.pem", folder=folder)
        if finished.status == 0 and finished.output.strip() == b"leaf.pem: OK":
            return Answer(True)
        said = finished.errors + b"\n" + finished.output
        if finished.status > 0:
            if errors := _ERROR.findall(said):
                return Answer(
                    False, "; ".join(f"{int(code)}@{int(depth)} {line(text)}" for code, depth, text in errors)
                )
            if (unreadable := _UNREADABLE.search(said)) and not _NO_FILE.search(said):
                return Answer(False, f"cannot be read: {line(unreadable[0])}")
        raise ValidatorFault(f"openssl verify gave no verdict (status {finished.status}): {first_line(said)}")


def _command(program: str, question: Question, folder: Path) -> list[str]:
    """The command up to its leaves; what it trusts and what it may use lies in the folder then."""
    command = [program, "verify", "-partial_chain", "-attime", str(int(question.at.timestamp() // 1))]
    for option, ders in (("-trusted", question.anchors), ("-untrusted", question.untrusted)):
        for number, der in enumerate(ders, 1):
            path = folder / f"{option[1:]}-{number}.pem"
            path.write_bytes(to_pem(der))
            command += [option, path.name]
    return command


@lru_cache(maxsize=8)
def _version(program: str, tool: OpensslCommand) -> str:
    finished = tool._run(program, "version")
    if finished.status:
        raise ValidatorFault(f"openssl does not run (status {finished.status}): {first_line(finished.errors)}")
    return first_line(finished.output)
