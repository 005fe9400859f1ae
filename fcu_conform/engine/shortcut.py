"""The short way through a lot: what was seen of one device is not looked at again in the next.

A rule says which parts of a device it looks at. Of a device that differs from one without a fault in other parts only,
the rule would see the same, and so it is not asked. Nothing is found on the short way: a device that is not like one
that passed, or of which any rule says anything else than it said of that one, goes the full way.
"""

from __future__ import annotations

from binascii import a2b_base64, b2a_base64
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Final, TypeAlias

from fcu_conform.artefacts.certificate import Certificate
from fcu_conform.artefacts.device import Device, DeviceFile, Kind
from fcu_conform.artefacts.parts import Part
from fcu_conform.artefacts.setup import Setup
from fcu_conform.artefacts.shapes import Shape, Sibling
from fcu_conform.rules.model import DeviceCheck, NotApplicable, Rule, Scope

FRAMES = 64
"""Chains that are remembered; a lot has one, or one for each FCU instance it was mixed from."""
MOULDS = 4096
"""Shapes that are remembered for each: lengths of names, serial numbers and signatures, multiplied."""
DATES = 4096
"""Pairs of dates that are remembered for each shape."""

_BEGIN: Final = b"-----BEGIN CERTIFICATE-----"
_END: Final = b"-----END CERTIFICATE-----"
_SPACE: Final = b" \t\r\n"
_DATES_ALONE: Final = frozenset({Part.VALIDITY})

Reasons = Mapping[str, "str | None"]
"""By code what became of each rule that judged a device: None, or why it did not apply."""

Questions: TypeAlias = "list[tuple[DeviceCheck, str | None]]"
"""Rules' functions, each with why it did not apply to the first device, if it did not."""


class Mould:
    """What rules said of a device of one shape in one frame, and which of them look at each further one.

    ``count`` devices went the short way since this was last asked for. ``dated`` are rules that look at nothing but the
    dates, ``signed`` those that look at the signature, ``remembering`` those that remember what they saw, ``asked`` the
    others; ``dates`` are those of which the dated ones have nothing to say.
    """

    def __init__(self, shape: Shape, reasons: Reasons) -> None:
        self.shape = shape
        self.reasons = reasons
        self.count = 0
        self.dates: set[bytes] = set()
        self.dated: Questions = []
        self.asked: Questions = []
        self.signed: Questions = []
        self.remembering: Questions = []


class Frame:
    """What devices of one chain share beside the shape of their own certificate."""

    def __init__(self, file: DeviceFile, tail: bytes | tuple[bytes, ...], rest: tuple[Certificate, ...]) -> None:
        self.kind = file.kind
        self.tail = tail
        self.length = len(tail)
        self.rest = rest
        self.has_key = file.key is not None
        self.has_enrollment = file.enrollment_id is not None
        self.moulds: dict[bytes, list[Mould]] = {}
        self.size = 0


class Shortcut:
    """Knows the devices without a fault that it was shown, and recognises others of their kind.

    Args:
        checks: rule and function of each rule over devices, in the order in which they judge.
        setup: what they judge by.
    """

    def __init__(self, checks: Sequence[tuple[Rule, DeviceCheck]], setup: Setup) -> None:
        self._checks = checks
        self._setup = setup
        self._frames: list[Frame] = []

    def sort_out(self, files: Sequence[DeviceFile], first: int, turn_to: Callable[[int], None]) -> list[bool]:
        """Of which devices all rules would say what they said of another one; False where that is not sure.

        Step by step over all of them rather than device by device: verifying a signature drives out of the processor's
        caches what the rest needs, and the rest what verifying needs.

        Args:
            files: some devices.
            first: the number of the first of them.
            turn_to: called with a device's number before the rules that remember it are asked about it.
        """
        passing: list[tuple[Mould, Device] | None] = [self._begin(file) for file in files]
        for number, candidate in enumerate(passing):
            if candidate is not None and not self._say_the_same(candidate[0].signed, candidate[1]):
                passing[number] = None
        for number, candidate in enumerate(passing):
            if candidate is not None:
                turn_to(first + number)
                if self._say_the_same(candidate[0].remembering, candidate[1]):
                    candidate[0].count += 1
                else:
                    passing[number] = None
        return [candidate is not None for candidate in passing]

    def _begin(self, file: DeviceFile) -> tuple[Mould, Device] | None:
        """The device and whom it is like, where all rules but the dear ones say the same of both."""
        try:
            found = self._recognise(file)
            if found is None:
                return None
            frame, mould, raw = found
            own = Sibling(mould.shape, raw)
            device = file.known(own, frame.rest)
            dates = raw[mould.shape.validity_at]
            if dates not in mould.dates:
                if not own.validity or not self._say_the_same(mould.dated, device):
                    return None
                if len(mould.dates) >= DATES:
                    mould.dates.clear()
                mould.dates.add(dates)
            return (mould, device) if self._say_the_same(mould.asked, device) else None
        except Exception:  # not PEM, no dates: whatever it is, the full way tells
            return None

    def _say_the_same(self, checks: list[tuple[DeviceCheck, str | None]], device: Device) -> bool:
        setup = self._setup
        for check, reason in checks:
            try:
                if check(device, setup) or reason is not None:
                    return False
            except NotApplicable as told:
                if str(told) != reason:
                    return False
            except Exception:  # blocked, or the rule broke: the full way tells
                return False
        return True

    def _recognise(self, file: DeviceFile) -> tuple[Frame, Mould, bytes] | None:
        for number, frame in enumerate(self._frames):
            raw = _own(file, frame)
            if raw is None:
                continue
            if number:
                self._frames.insert(0, self._frames.pop(number))
            for mould in frame.moulds.get(raw[: Shape.MARKED], ()):
                if mould.shape.fits(raw):
                    return None if raw in self._setup.ca_certificates else (frame, mould, raw)
            return None
        return None

    def learn(self, file: DeviceFile, device: Device, reasons: Reasons) -> None:
        """Takes note of a device of which no rule has found anything that weighs; leaves out what it cannot learn."""
        with suppress(Exception):
            self._learn(file, device, reasons)

    def _learn(self, file: DeviceFile, device: Device, reasons: Reasons) -> None:
        first = device.certificate
        if first is None or first.raw in self._setup.ca_certificates or device.bundle is not None:
            return
        tail = _tail(file)
        if tail is None or (device.key is not None and file.key is None):
            return
        shape = Shape(first)
        frame = next((frame for frame in self._frames if _own(file, frame) is not None), None)
        if frame is None:
            frame = Frame(file, tail, device.certificates[1:])
            self._frames = [frame, *self._frames[: FRAMES - 1]]
        if _own(file, frame) != first.raw:
            return  # the text is not as others write it
        known = frame.moulds.setdefault(shape.mark, [])
        if frame.size >= MOULDS or any(mould.shape.fits(first.raw) for mould in known):
            return
        known.insert(0, self._mould(shape, frame, reasons))
        frame.size += 1

    def _mould(self, shape: Shape, frame: Frame, reasons: Reasons) -> Mould:
        mould = Mould(shape, reasons)
        absent = {
            part
            for part, given in ((Part.PRIVATE_KEY, frame.has_key), (Part.ENROLLMENT, frame.has_enrollment))
            if not given
        }
        for rule, check in self._checks:
            parts = rule.looks_at - absent
            if rule.code not in reasons or not parts:
                continue
            if rule.scope is Scope.UNIQUE:
                questions = mould.remembering
            elif Part.SIGNATURE in parts:
                questions = mould.signed
            else:
                questions = mould.dated if parts == _DATES_ALONE else mould.asked
            questions.append((check, reasons[rule.code]))
        return mould

    def taken(self) -> Iterator[tuple[Reasons, int]]:
        """How many devices went the short way since the last call, each number with what the rules said of them."""
        for frame in self._frames:
            for moulds in frame.moulds.values():
                for mould in moulds:
                    if mould.count:
                        yield mould.reasons, mould.count
                        mould.count = 0


def _tail(file: DeviceFile) -> bytes | tuple[bytes, ...] | None:
    """All of the file but its first certificate; None where it does not begin with one."""
    if file.kind is Kind.CHAIN:
        return file.chain[1:]
    if file.kind is Kind.DER:
        return b""
    end = file.data.find(_END, len(_BEGIN))
    return file.data[end:] if end >= 0 and file.data.startswith(_BEGIN) and file.kind is Kind.PEM else None


def _own(file: DeviceFile, frame: Frame) -> bytes | None:
    """The DER of the file's first certificate, if all that follows it is the frame's."""
    if (
        frame.kind is not file.kind
        or frame.has_key is (file.key is None)
        or frame.has_enrollment is (file.enrollment_id is None)
    ):
        return None
    if frame.kind is Kind.CHAIN:
        return file.chain[0] if file.chain and file.chain[1:] == frame.tail else None
    data = file.data
    if frame.kind is Kind.DER:
        return data
    end = len(data) - frame.length
    if not data.startswith(_BEGIN) or not data.endswith(frame.tail) or end <= len(_BEGIN):
        return None
    body = data[len(_BEGIN) : end]
    try:
        raw = a2b_base64(body)
    except ValueError:
        return None
    # The decoder skips what is not base64: only what encodes to the same text again was all base64.
    text = b2a_base64(raw, newline=False)
    return raw if text == body.replace(b"\n", b"") or text == body.translate(None, _SPACE) else None
