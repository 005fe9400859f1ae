"""Messages of one session: a device that makes its own keys gets two, the first to ask it for requests."""

from __future__ import annotations

from collections.abc import Iterator

from fcu_conform.artefacts.bundle import REQUESTS, Bundle
from fcu_conform.artefacts.device import DeviceFile, Kind


def in_sessions(files: Iterator[DeviceFile]) -> Iterator[DeviceFile]:
    """The files, each bundle with the message before it where it continues that one's session.

    A bundle does where the file before it, in the same folder and by name, asks the device for certificate requests and
    announces more messages, and both have the same SID (the second may have none).
    """
    asking: Bundle | None = None
    folder = ""
    for file in files:
        if file.kind is not Kind.BUNDLE:
            asking = None
        elif asking is not None or REQUESTS.encode() in file.data:
            bundle = Bundle(file.data)
            place = file.name.rpartition("/")[0]
            if asking is not None and place == folder and bundle.continues(asking):
                file.before = asking
            asking, folder = (bundle, place) if bundle.asks else (None, "")
        yield file
