"""How a fault of the suite itself is reported."""

from __future__ import annotations


class TellingFault(Exception):
    """A fault of the suite itself whose text may be shown."""


def describe_fault(fault: BaseException) -> str:
    """Where and as what an unexpected exception arose, without its text, which could hold bytes of a key."""
    if isinstance(fault, TellingFault):
        return f"internal fault: {fault}"
    place = ""
    traceback = fault.__traceback__
    while traceback is not None:
        code = traceback.tb_frame.f_code
        place = f" in {code.co_name}, line {traceback.tb_lineno}"
        traceback = traceback.tb_next
    return f"internal fault: {type(fault).__name__}{place}"
