"""The fingerprint of a chunk: a digest over everything that is judged of its devices, taken as they are read."""

from __future__ import annotations

import marshal
from collections.abc import Iterable, Iterator
from dataclasses import astuple
from hashlib import sha256

from fcu_conform.artefacts.device import DeviceFile

SIZE = 32
"""Octets of a fingerprint."""


class Fingerprint:
    """Digests devices while they are read for judging, so that the digest covers the bytes that are judged."""

    def __init__(self) -> None:
        self._digest = sha256()  # where the processor has instructions for it, several times as fast as blake2b

    def over(self, files: Iterable[DeviceFile]) -> Iterator[DeviceFile]:
        """The same devices, each digested before it is handed on."""
        update = self._digest.update
        for file in files:
            update(_described(file))
            update(file.data)
            for certificate in file.chain:
                update(certificate)
            yield file

    def digest(self) -> bytes:
        """`SIZE` octets, over the devices that have been handed on so far."""
        return self._digest.digest()


def _described(file: DeviceFile) -> bytes:
    """All that is judged of a device beside its certificates, and how long these are: no two devices share it all.

    A private key file goes by its public half, which is what rules see of it.
    """
    key = file.key
    told = (
        file.name,
        file.identity,
        None if file.kind is None else file.kind.value,
        file.endpoint_names,
        file.enrollment_id,
        file.troubles,
        None if file.remark is None else astuple(file.remark),
        None if key is None else (key.name, key.public, key.trouble),
        None if file.before is None else file.before.digest,
        len(file.data),
        tuple(map(len, file.chain)),
    )
    # A quarter of the time of repr or JSON. Later formats than the first tell by references what is one object.
    return marshal.dumps(told, 0)
