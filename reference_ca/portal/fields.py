"""What a field of a request may hold: tables of fields, and the check of a body against one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from reference_ca.portal.protocol import Document, invalid

_KINDS: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "boolean": bool,
    "integer": int,
    "object": dict,
    "array": list,
}


@dataclass(frozen=True)
class Field:
    """One field: its JSON type, and what its value must be besides.

    Attributes:
        kind: a key of JSON Schema's types: string, boolean, integer, object (of strings) or array (of strings).
        required: the request must have it.
        nullable: null is a value.
        longest: characters of a string; entries of an array or object.
        choices: the only values of a string.
        pattern: what the whole string must look like.
        between: the least and the largest integer.
    """

    kind: str = "string"
    required: bool = False
    nullable: bool = False
    longest: int | None = None
    choices: tuple[str, ...] = ()
    pattern: str = ""
    between: tuple[int, int] | None = None

    def fault(self, value: object) -> str:
        """What is wrong with a value, or an empty string."""
        if value is None:
            return "" if self.nullable else "must not be null"
        if not isinstance(value, _KINDS[self.kind]) or (self.kind == "integer" and isinstance(value, bool)):
            return f"is not of type {self.kind}"
        if isinstance(value, str):
            return self._fault_of_text(value)
        if isinstance(value, int) and self.between and not self.between[0] <= value <= self.between[1]:
            return f"is not between {self.between[0]} and {self.between[1]}"
        if isinstance(value, (dict, list)):
            return self._fault_of_entries(value)
        return ""

    def _fault_of_text(self, text: str) -> str:
        if any("\ud800" <= character <= "\udfff" for character in text):
            return "is not Unicode text"
        if self.longest is not None and len(text) > self.longest:
            return f"has more than {self.longest} characters"
        if self.choices and text not in self.choices:
            return f"is not one of {', '.join(self.choices)}"
        if self.pattern and not re.fullmatch(self.pattern, text):
            return "does not have the expected form"
        return ""

    def _fault_of_entries(self, entries: dict[str, object] | list[object]) -> str:
        if self.longest is not None and len(entries) > self.longest:
            return f"has more than {self.longest} entries"
        texts = [*entries, *entries.values()] if isinstance(entries, dict) else entries
        wrong = [text for text in texts if not isinstance(text, str) or Field().fault(text)]
        return "holds something else than text" if wrong else ""


def check_fields(body: Document, table: Mapping[str, Field]) -> Document:
    """The fields of a body that the table knows; others are ignored. `ApiError` 400 names every one at fault."""
    faults = {name: "is required" for name, rule in table.items() if rule.required and name not in body}
    for name, rule in table.items():
        if name in body and (fault := rule.fault(body[name])):
            faults[name] = fault
    if faults:
        raise invalid("Validation error.", **faults)
    return {name: body[name] for name in table if name in body}
