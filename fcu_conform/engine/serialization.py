"""Results as plain data, to send to another process or keep in a file, and the typed readers of such data.

A reader is derived from the annotations of a dataclass. Nothing is converted: a value of another type, a missing
field or an extra field is refused.
"""

from __future__ import annotations

import base64
import json
import types
from collections.abc import Callable
from dataclasses import asdict, fields, is_dataclass
from datetime import date
from enum import Enum
from functools import cache
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from fcu_conform.artefacts.waivers import Waiver
from fcu_conform.engine.results import Outcome, Result
from fcu_conform.engine.states import DeviceCounts
from fcu_conform.rules.model import Catalogue, Finding

Plain = dict[str, Any]
T = TypeVar("T")
Reader = Callable[[Any], Any]


class MalformedError(ValueError):
    """Plain data that is malformed; the text says how."""


def plain_of(value: Any) -> Any:
    """A dataclass with all that is in it, fit for JSON; sets in an order that is always the same."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, dict):
        return {key: plain_of(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain_of(one) for one in value]
    if isinstance(value, (set, frozenset)):
        return sorted((plain_of(one) for one in value), key=lambda one: json.dumps(one, sort_keys=True))
    if is_dataclass(value):
        kind: Any = type(value)
        return {name: plain_of(getattr(value, name)) for name in _names(kind)}
    return value


def read_plain(kind: type[T], plain: Any) -> T:
    """The value that `plain_of` took apart.

    Args:
        kind: a dataclass whose fields are numbers, text, octets, dates, members of enumerations, dataclasses, and
            lists, tuples, sets and dictionaries by text of these.

    Raises:
        MalformedError: it is none.
    """
    hint: Any = kind
    value: T = _reader(hint)(plain)
    return value


@cache
def _names(kind: type[Any]) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


@cache
def _reader(hint: Any) -> Reader:
    """What reads a value of an annotation; made once for each, since a lot has millions of values."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        (inner,) = (_reader(one) for one in arguments if one is not type(None))
        return lambda plain: None if plain is None else inner(plain)
    if origin is dict:
        each = _reader(arguments[1])
        return lambda plain: {key: each(one) for key, one in _exactly(dict, plain).items()}
    if origin is tuple and arguments[-1] is not ...:
        return _row(tuple(map(_reader, arguments)))
    if origin in (list, tuple, set):
        each = _reader(arguments[0])
        return lambda plain: origin(each(one) for one in _exactly(list, plain))
    if is_dataclass(hint):
        return _record(hint)
    if hint in (int, str, bool):
        return lambda plain: _exactly(hint, plain)
    from_text = {bytes: _octets, date: date.fromisoformat}.get(hint, hint)
    return lambda plain: _from_text(from_text, plain)


def _record(kind: Any) -> Reader:
    hints = get_type_hints(kind, localns={"Waiver": Waiver})
    readers = {name: _reader(hints[name]) for name in _names(kind)}

    def read(plain: Any) -> Any:
        if _exactly(dict, plain).keys() != readers.keys():
            raise MalformedError(f"{kind.__name__} with other fields than {', '.join(readers)}")
        return kind(**{name: reader(plain[name]) for name, reader in readers.items()})

    return read


def _row(readers: tuple[Reader, ...]) -> Reader:
    def read(plain: Any) -> tuple[Any, ...]:
        if len(_exactly(list, plain)) != len(readers):
            raise MalformedError(f"a list of {len(plain)} where {len(readers)} belong")
        return tuple(reader(one) for reader, one in zip(readers, plain, strict=True))

    return read


def _exactly(kind: type[T], plain: Any) -> T:
    if type(plain) is not kind:  # True is not to be taken for 1
        raise MalformedError(f"{type(plain).__name__} where {kind.__name__} belongs")
    value: T = plain
    return value


def _from_text(read: Callable[[str], Any], plain: Any) -> Any:
    try:
        return read(_exactly(str, plain))
    except ValueError as fault:
        raise MalformedError(str(fault)) from None


def _octets(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


def dump_counts(counts: DeviceCounts) -> str:
    """Counts over devices as ASCII text."""
    return json.dumps(asdict(counts))


def load_counts(text: str) -> DeviceCounts:
    """The counts that `dump_counts` wrote."""
    plain = json.loads(text)
    return DeviceCounts(**{**plain, "offenders": tuple(plain["offenders"]), "undecided": tuple(plain["undecided"])})


def dump_result(result: Result) -> str:
    """The result as ASCII text; its rule goes by its code."""
    return json.dumps(
        {
            "code": result.code,
            "subject": result.target,
            "outcome": result.outcome.value,
            "findings": plain_of(result.findings),
            "blocked_by": result.blocked_by,
            "reason": result.reason,
            "count": result.count,
            "version": result.version,
            "waived": result.waived,
            "asked": result.asked,
            "refused": result.refused,
        }
    )


def load_result(text: str, catalogue: Catalogue) -> Result:
    """The result that `dump_result` wrote, with its rule from the catalogue."""
    plain = json.loads(text)
    return Result(
        rule=catalogue[plain["code"]],
        target=plain["subject"],
        outcome=Outcome(plain["outcome"]),
        findings=tuple(read_plain(Finding, finding) for finding in plain["findings"]),
        blocked_by=tuple(plain["blocked_by"]),
        reason=plain["reason"],
        count=plain["count"],
        version=plain["version"],
        waived=plain["waived"],
        asked=plain["asked"],
        refused=tuple(plain["refused"]),
    )
