"""Draws a chain: what the device carries, what the portal has, and where they disagree."""

from __future__ import annotations

from collections.abc import Sequence

from fcu_conform.artefacts.ca_context import Slicing
from fcu_conform.artefacts.encodings.certificate import Certificate
from fcu_conform.artefacts.text_width import columns
from fcu_conform.rules.support.formatting import short_name


def draw_chain(
    slicing: Slicing, *, uploaded: Sequence[Certificate] | None = None, device: str = "device certificate"
) -> tuple[str, ...]:
    """One line a certificate, the device's first, the root last.

    Args:
        slicing: fcu.crt and where it is cut.
        uploaded: the certificates of the upload; without them only the places are drawn.
        device: words for the device certificate.
    """
    sent = None if uploaded is None else [certificate.raw for certificate in uploaded]
    rows = [("device", "", device, "")]
    for number, certificate in enumerate(slicing.certificates, start=1):
        on_device = number < slicing.depth
        rows.append(
            (
                "device" if on_device else "portal",
                f"fcu.crt {number}",
                short_name(certificate),
                "" if sent is None else _remark(on_device, certificate.raw in sent),
            )
        )
    for position, certificate in enumerate(uploaded or (), start=1):
        if all(certificate.raw != known.raw for known in slicing.certificates):
            rows.append(("upload", f"number {position}", short_name(certificate), "<- not in fcu.crt"))
    widths = [max(columns(row[column]) for row in rows) for column in range(3)]
    return tuple(
        "  ".join((*(_padded(cell, width) for cell, width in zip(row, widths, strict=False)), row[3])).rstrip()
        for row in rows
    )


def _padded(text: str, width: int) -> str:
    return text + " " * (width - columns(text))


def _remark(on_device: bool, is_sent: bool) -> str:
    if on_device:
        return "<- uploaded too, but the device carries it" if is_sent else ""
    return "uploaded" if is_sent else "<- missing from the upload"
