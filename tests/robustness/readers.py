"""What a reader of the suite is to the fuzzer: sound seeds, a way to break them, and what it may not do with those."""

from __future__ import annotations

import resource
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from functools import cached_property
from pathlib import Path
from random import Random
from time import process_time
from typing import Any

import cbor2

from fcu_conform import UsageError, check
from fcu_conform.artefacts.bounded_io.reading import FileBytes
from fcu_conform.artefacts.device_output.file_names import is_device_name, named_device
from fcu_conform.artefacts.encodings import der
from fcu_conform.artefacts.encodings.pem import parse_pem
from fcu_conform.artefacts.encodings.private_keys import Secret
from fcu_conform.artefacts.setup import read_setups
from fcu_conform.engine import Examination, Outcome, serialization
from fcu_conform.engine.lot.chunk_judge import ChunkJudge
from fcu_conform.interfaces.run.settings import parse_instant
from fcu_conform.rules.model import OVER_DEVICES

from .factory import AT, DEVICES, UPLOAD, Factory
from .mutation import Mutator, fill

SLOWEST = 5.0
"""Seconds of processor time of one input."""

LARGEST = 500 << 20
"""Bytes of the process's memory."""

INSTANT = parse_instant(AT)


class SuiteBroke(Exception):
    """A rule broke on what a reader gave it."""


@dataclass(frozen=True)
class Reader:
    """One reader.

    Attributes:
        name: how it is called on the command line.
        seeds: sound input.
        mutate: makes broken input of it.
        read: reads it and gives the text of all that is shown of it.
    """

    name: str
    seeds: Sequence[bytes]
    mutate: Mutator
    read: Callable[[bytes], str]

    def input(self, number: int) -> bytes:
        """The broken input of that number: always the same."""
        random = Random(f"{self.name} {number}")
        seed = random.choice(self.seeds)
        return fill(seed, random) if random.random() < 0.1 else self.mutate(seed, random, self.seeds)


@dataclass(frozen=True)
class Fault:
    """What a reader did to an input that it may not do."""

    reader: str
    number: int
    what: str
    data: bytes


def faults(reader: Reader, numbers: range, traces: Callable[[str], object]) -> Iterator[Fault]:
    """Reads the inputs of these numbers; gives what went wrong.

    Args:
        traces: says whether a text holds a secret.
    """
    for number in numbers:
        data = reader.input(number)
        what = fault_of(reader, data, traces)
        if what:
            yield Fault(reader.name, number, what, data)


def fault_of(reader: Reader, data: bytes, traces: Callable[[str], object]) -> str:
    """What a reader did to an input that it may not do; empty if nothing."""
    start, before = process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    try:
        shown = reader.read(data)
    except Exception:
        return traceback.format_exc()
    taken, peak = process_time() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    if taken > SLOWEST:
        return f"took {taken:.1f} s"
    if peak > before and peak * 1024 > LARGEST:
        return f"took {peak >> 10} MiB"
    return f"shows a secret: {traces(shown)}" if traces(shown) else ""


def explore(thing: object, depth: int = 0) -> Iterator[str]:
    """Looks at every public attribute of an object of the suite, as rules might; gives the repr of all but bytes."""
    if isinstance(thing, (bytes, int)):  # bytes may be a key; long numbers have no repr, and rules show them in hex
        return
    if not isinstance(thing, (list, tuple, dict)):
        yield repr(thing)
    if isinstance(thing, (list, tuple)) and depth < 4:
        for part in thing[:20]:
            yield from explore(part, depth + 1)
    elif isinstance(thing, dict) and depth < 4:
        for part in list(thing.values())[:20]:
            yield from explore(part, depth + 1)
    elif type(thing).__module__.startswith("fcu_conform") and depth < 4 and not isinstance(thing, (Secret, Enum)):
        for name in dir(thing):
            if not name.startswith("_") and not callable(value := getattr(thing, name)):
                yield from explore(value, depth + 1)


def explored(make: Callable[[bytes], object]) -> Callable[[bytes], str]:
    """Reads and explores; that the bytes are no DER may be said."""

    def read(data: bytes) -> str:
        try:
            return "\n".join(explore(make(data)))
        except der.DerError as fault:
            return str(fault)

    return read


def read_as(kind: Callable[[FileBytes], object], name: str) -> Callable[[bytes], str]:
    return explored(lambda data: kind(FileBytes(name, Path(name), data)))


class World:
    """A factory whose files are broken one at a time, and judged by every rule."""

    def __init__(self, factory: Factory) -> None:
        self.factory = factory
        self._made: dict[str, bytes] = {}

    def judged(self, place: str, *others: str) -> Callable[[bytes], str]:
        """Puts the bytes at a place of the setup and judges all of it; ``others`` take that file away meanwhile."""

        def read(data: bytes) -> str:
            path = self.factory / place
            before = path.read_bytes() if path.exists() else None
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            try:
                return self._judge(place)
            finally:
                path.unlink() if before is None else path.write_bytes(before)

        return read

    def _judge(self, place: str) -> str:
        factory = self.factory
        devices = [factory / (place if place.startswith("lot.") else DEVICES)]
        try:
            report = check(
                factory.keystore, devices=devices, portal_upload=factory / UPLOAD, validators="none", at=INSTANT
            )
        except UsageError as fault:
            return str(fault)
        broken = [f"{result.code}: {result.reason}" for result in report.results if result.outcome is Outcome.ERROR]
        if broken:
            raise SuiteBroke("; ".join(broken))
        return "\n".join(map(serialization.dump_result, report.results))

    def judged_both_ways(self) -> Callable[[bytes], str]:
        """Judges the bytes as a device's file among sound ones, where the fast path knows nobody, one and several."""
        (setup,) = read_setups([self.factory.keystore], at=INSTANT, devices=[self.factory / DEVICES])
        examination = Examination([setup])
        rules = [
            rule
            for rule in examination.catalogue
            if rule.scope in OVER_DEVICES and not examination.devices.keystore_hinders(rule, setup.name)
        ]
        sound = [named_device(name, data) for name, data in self.members.items() if is_device_name(name)]

        def read(data: bytes) -> str:
            odd = named_device("device-0003.pem", data)
            files = [odd, *sound, odd, sound[0], odd]
            short, full = (ChunkJudge(rules, setup.ca, fast_path=way).judge(files) for way in (True, False))
            if short != full:
                raise SuiteBroke("the short way says what the full one does not")
            broken = [f"{code}: {tally.fault}" for code, tally in full.tallies.items() if tally.fault]
            if broken:
                raise SuiteBroke("; ".join(broken))
            return repr(full)

        return read

    def file(self, name: str) -> bytes:
        """A file of the sound setup."""
        return (self.factory / name).read_bytes()

    @cached_property
    def members(self) -> dict[str, bytes]:
        """The output for devices, by names relative to it."""
        root = self.factory / DEVICES
        return {path.name: path.read_bytes() for path in sorted(root.iterdir())}

    @cached_property
    def bundles(self) -> list[bytes]:
        """Bundles as devices take them."""
        chain = [block.data for block in parse_pem(self.members["device-0001.pem"]).blocks]
        key = parse_pem(self.members["device-0001.key.pem"]).blocks[-1].data
        parameters: dict[str, Any] = {
            "mbed.UseBootstrap": 1,
            "mbed.EndpointName": "device-0001",
            "mbed.BootstrapServerURI": "coaps://bootstrap.example.com:5684?aid=0158",
            "mbed.MemoryTotalKB": 1024,
            "mbed.CurrentTime": int((INSTANT - timedelta(days=1)).timestamp()),
            "mbed.Timezone": "UTC",
        }
        bundle = {
            "SchemeVersion": "0.0.1",
            "Keys": [{"Name": "mbed.BootstrapDevicePrivateKey", "Type": "ECCPrivate", "Format": "der", "Data": key}],
            "Certificates": [{"Name": "mbed.BootstrapServerCACert", "Format": "der", "Data": chain[1]}],
            "CertificateChains": [{"Name": "mbed.BootstrapDeviceCert", "Format": "der", "DataArray": chain}],
            "ConfigParams": [{"Name": name, "Data": data} for name, data in parameters.items()],
        }
        asked = {"PrKN": "mbed.BootstrapDevicePrivateKey", "Subj": "CN=device-0001", "MD": 1}
        request = {"SchemeVersion": "0.0.1", "SID": "7f3a", "Verify": 0, "KpAlvSess": 1, "CsrReqs": [asked]}
        return [cbor2.dumps(bundle), cbor2.dumps(request)]
