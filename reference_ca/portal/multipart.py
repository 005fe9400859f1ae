"""The one file of a multipart/form-data body."""

from __future__ import annotations

import email.parser
import email.policy
from email.message import Message

from reference_ca.portal.protocol import Request, invalid


def read_file(request: Request, name: str) -> bytes:
    """The bytes of the form's part of that name; `ApiError` 400 where there is not exactly one."""
    if request.content_type != "multipart/form-data":
        raise invalid(f"Content-Type is {request.content_type or 'missing'}: expected multipart/form-data.")
    head = f"Content-Type: {request.headers['content-type']}\r\n\r\n".encode("utf-8", "surrogateescape")
    form = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + request.body)
    parts = [part for part in form.walk() if _name(part) == name] if form.is_multipart() else []
    if len(parts) != 1:
        raise invalid("Validation error.", **{name: "is required, once"})
    content = parts[0].get_payload(decode=True)
    if not isinstance(content, bytes):
        raise invalid("Validation error.", **{name: "is not a file"})
    return content


def _name(part: Message) -> object:
    return part.get_param("name", header="content-disposition")
