"""Repairs fcu_csr.pem: its form, and which of several requests is FCU's."""

from __future__ import annotations

from binascii import b2a_base64

from fcu_conform.artefacts.encodings import der
from fcu_conform.artefacts.encodings.csr import Request
from fcu_conform.artefacts.encodings.public_keys import PublicKey
from fcu_conform.artefacts.keystore_files import RequestFile
from fcu_conform.engine.repair.pem_blocks import find_blocks
from fcu_conform.engine.repair.repaired import NotRepairable, Repaired, described

_LABELS = ("CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST")


def repair_request(file: RequestFile, key: PublicKey | None) -> Repaired | None:
    """What fcu_csr.pem should hold; None where it stays as it is.

    Args:
        file: the request file.
        key: the public key of the private key, where that is known: of several requests the one for it is FCU's.

    Raises:
        NotRepairable: there is no request in it that can be read, or it is not known which one is FCU's.
    """
    if file.request is not None and len(file.pem.blocks) == 1:
        return None
    requests = _requests_in(file.file.data)
    own = [data for data, request in requests.items() if key is not None and request.public_key.der == key.der]
    chosen = list(requests) if len(requests) == 1 else own
    if len(chosen) != 1:
        raise NotRepairable("has several requests" if requests else "has no request that can be read")
    if file.pem.problem:
        why = described(file.pem.problem)
    elif len(file.request_blocks) > 1:
        why = f"it has {len(file.request_blocks)} requests"
    elif file.request_problem:
        why = f"the request {file.request_problem}"
    else:
        why = "other blocks stand beside the request"
    return Repaired(_pem(chosen[0]), (f"written as one PEM request: {why}",))


def _requests_in(data: bytes) -> dict[bytes, Request]:
    """The requests of a file by their DER, each once."""
    if data[:1] == b"\x30":
        encoded = [data]
    else:
        encoded = [block.data for block in find_blocks(data) if block.label in _LABELS and block.data]
    found = {}
    for one in encoded:
        try:
            request = Request(one)
        except der.DerError:
            continue
        found[one[: len(one) - request.trailing]] = request
    return found


def _pem(data: bytes) -> bytes:
    lines = [b2a_base64(data[start : start + 48]) for start in range(0, len(data), 48)]
    return b"".join([b"-----BEGIN CERTIFICATE REQUEST-----\n", *lines, b"-----END CERTIFICATE REQUEST-----\n"])
