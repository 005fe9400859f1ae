"""Adapters that do in their process what no validator should, and one that tells what it finds there."""

from __future__ import annotations

import os
import sys
import time
from hashlib import pbkdf2_hmac
from pathlib import Path

from fcu_conform.validators.adapters.processes import run
from fcu_conform.validators.model import Answer, Question


class Adapter:
    """Accepts everything."""

    stands_for = "a test"
    acceptance_counts = True

    def __init__(self, *arguments: str) -> None:
        self.name = type(self).__name__.lower()
        self.arguments = arguments

    def version(self) -> str:
        return "1"

    def ask(self, question: Question) -> Answer:
        return Answer(True)


class EndsWhenLoaded(Adapter):
    def load(self) -> None:
        os._exit(3)


class Modules(Adapter):
    """Names those of its arguments that its process has imported."""

    def ask(self, question: Question) -> Answer:
        return Answer(False, " ".join(["imported:", *(name for name in self.arguments if name in sys.modules)]))


class Loops(Adapter):
    def ask(self, question: Question) -> Answer:
        while True:
            pass


class LoopsInC(Adapter):
    def ask(self, question: Question) -> Answer:
        pbkdf2_hmac("sha256", b"", b"", 2**31 - 1)
        return Answer(True)


class Sleeps(Adapter):
    def ask(self, question: Question) -> Answer:
        time.sleep(600)
        return Answer(True)


class Hogs(Adapter):
    def ask(self, question: Question) -> Answer:
        hoard = []
        while True:
            hoard.append(bytearray(1 << 20))


class Aborts(Adapter):
    def ask(self, question: Question) -> Answer:
        os.abort()


class Exits(Adapter):
    def ask(self, question: Question) -> Answer:
        os._exit(3)


class Breaks(Adapter):
    def ask(self, question: Question) -> Answer:
        raise KeyError("something private")


class Prints(Adapter):
    def ask(self, question: Question) -> Answer:
        print("{}" * 1000, flush=True)
        os.write(1, b"noise")
        return Answer(True)


class Contradicts(Adapter):
    def ask(self, question: Question) -> Answer:
        return Answer(True, "but not really")


class Floods(Adapter):
    def ask(self, question: Question) -> Answer:
        return Answer(False, "x" * 10_000_000)


class Tells(Adapter):
    """Refuses in words that tell of its process; with a name, the value of a variable there."""

    def ask(self, question: Question) -> Answer:
        if self.arguments:
            return Answer(False, os.environ.get(self.arguments[0], "not there"))
        here = [one for one in sys.path if not one or Path(one) == Path.cwd()]
        descriptors = sorted(int(one.name) for one in Path("/dev/fd").iterdir())[:-1]
        return Answer(False, f"{os.getpid()} {Path.cwd()} {here} {descriptors} {sorted(os.environ)}")


RUNAWAY = """
import os, subprocess, sys, time
place, own = sys.argv[1], "import os, sys, time; open(sys.argv[1], 'w').write(str(os.getpid())); time.sleep(600)"
subprocess.Popen([sys.executable, "-S", "-c", own, place], start_new_session=True)
while not os.path.exists(place) or not os.path.getsize(place):
    time.sleep(0.005)
time.sleep(float(sys.argv[2]))
"""


class LetsGo(Adapter):
    """Starts a program that starts another one, in a session of its own, which writes its number to a file."""

    starts_programs = True

    def ask(self, question: Question) -> Answer:
        run(self.name, [sys.executable, "-S", "-c", RUNAWAY, *self.arguments])
        return Answer(True)
