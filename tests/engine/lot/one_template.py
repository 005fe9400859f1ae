"""Devices of one template, and a fast path that notes which of them its rules are asked about."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from types import SimpleNamespace
from typing import Any, cast

from independent_corpus.floor import lamp
from independent_corpus.keys import Key, key
from independent_corpus.maker import DAY, NOW, Cert, line

from engine.fakes import rule
from fcu_conform.artefacts.device import Device, DeviceFile, Kind
from fcu_conform.artefacts.device_field import DeviceField
from fcu_conform.engine.lot.fast_path import FastPath
from fcu_conform.rules.model import DeviceCheck, Finding

CHAIN = line(3)
SIZE = 491


@cache
def cert(number: int, cn_length: int = 10, size: int = SIZE, start: int = 0) -> Cert:
    """The certificate of a device: those of the same numbers of letters and octets have the same template."""
    for salt in range(300):
        made = lamp(
            CHAIN[0],
            f"lamp-{number:0{cn_length - 5}}",
            serial=(0x51 << 136) + number,
            key=device_key(number, salt),
            not_before=NOW - DAY + start * DAY,
        )
        if len(made.der) == size + cn_length - 10:
            return made
    raise ValueError("no such size")


def device_key(number: int, salt: int) -> Key:
    return key(f"short {number} {salt}")


FORMS: dict[str, Callable[[Cert, Sequence[Cert]], DeviceFile]] = {
    "pem": lambda own, rest: DeviceFile("x", Kind.PEM, "".join(one.pem for one in (own, *rest)).encode()),
    "der": lambda own, _: DeviceFile("x", Kind.DER, own.der),
    "chain": lambda own, rest: DeviceFile("x", Kind.CHAIN, chain=tuple(one.der for one in (own, *rest))),
}


def made(number: int, form: str = "pem", rest: Sequence[Cert] = CHAIN[:1], **more: Any) -> DeviceFile:
    template = {name: more.pop(name) for name in ("cn_length", "size", "start") if name in more}
    file = FORMS[form](cert(number, **template), rest)
    file.name = f"{number}"
    for name, value in more.items():
        setattr(file, name, value)
    return file


def context_of(*ca: Cert) -> Any:
    return SimpleNamespace(ca_certificates=frozenset(one.der for one in ca))


class FastPathProbe:
    """A fast path with rules that note which devices they are asked about."""

    def __init__(self, *rules: tuple[str, Mapping[str, Any]], ca: Sequence[Cert] = ()) -> None:
        self.asked: list[tuple[str, str]] = []
        self.answers: dict[tuple[str, str], Any] = {}
        self.turned: list[int] = []
        given = rules or (("DEV001", {"looks_at": frozenset(DeviceField)}),)
        self.codes = [code for code, _ in given]
        self.way = FastPath([(rule(code, **more), self.check(code)) for code, more in given], context_of(*ca))

    def check(self, code: str) -> DeviceCheck:
        def check(device: Device, _: Any) -> Sequence[Finding]:
            self.asked.append((code, device.name))
            answer = self.answers.get((code, device.name), ())
            if isinstance(answer, Exception):
                raise answer
            return cast(Sequence[Finding], answer)

        return check

    def learn(self, file: DeviceFile, reasons: Mapping[str, str | None] | None = None) -> None:
        self.way.learn(file, file.read(), dict.fromkeys(self.codes) if reasons is None else reasons)

    def knows(self, *files: DeviceFile, first: int = 0) -> list[bool]:
        return self.way.match_known(files, first, self.turned.append)

    def take_counts(self) -> list[tuple[dict[str, str | None], int]]:
        return [(dict(reasons), count) for reasons, count in self.way.take_counts()]


def size_of(fast_path: FastPathProbe) -> list[int]:
    return [frame.size for frame in fast_path.way._chains]
