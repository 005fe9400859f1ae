"""UPL008: name, description and service that are typed in beside the upload."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from fcu_conform.artefacts.setup import Setup
from fcu_conform.rules.model import Finding, Findings, Level, Location, requires, rule
from fcu_conform.rules.support.inputs import upload_of
from fcu_conform.rules.support.sources import UPLOADING, api, page


def _text_within(limit: int) -> Callable[[Any], str]:
    def trouble(value: Any) -> str:
        if not isinstance(value, str):
            return "is not text"
        return f"has {len(value)} characters" if len(value) > limit else ""

    return trouble


@rule(
    "UPL008",
    Level.ERROR,
    requirement="the upload's name has at most 100 characters, its description at most 500, and its service is the one"
    " in use",
    title="the upload's details do not fit",
    why="The portal refuses longer texts. A CA that was uploaded for the other service admits no device.",
    fix="shorten the text; choose bootstrap if use-bootstrap is true, lwm2m if it is false",
    passes='name = "FCU line 1", service = "bootstrap"',
    fails='service = "lwm2m" with use-bootstrap: true',
    source=(page(UPLOADING, "P-04"), api("name, description, service", "P-05")),
)
def upload_details_fit(setup: Setup) -> Findings:
    details = upload_of(setup).details
    requires(details, "no details were given beside the upload")
    assert details is not None
    place = details.file.name
    if details.problem:
        yield Finding(details.problem, Location(place))
        return
    for field, expected, message in _details_faults(details.values, setup.mode):
        yield Finding(f"{field} {message}", Location(place, field=field), expected)


def _details_faults(values: dict[str, Any], mode: str | None) -> Iterator[tuple[str, str, str]]:
    for field, limit in (("name", 100), ("description", 500)):
        if field in values:
            trouble = _text_within(limit)(values[field])
            if trouble:
                yield field, f"at most {limit} characters", trouble
    if "name" in values and not values["name"]:
        yield "name", "1 to 100 characters", "is empty"
    service = values.get("service")
    if service is None:
        return
    if service not in ("bootstrap", "lwm2m"):
        yield "service", "bootstrap or lwm2m", f"is {service!r}"
    elif mode is not None and service != mode:
        yield "service", mode, f"is {service}, but devices use {mode}"
