"""The vendor's own SDK drives the stand-in, without a network.

    tox -e portal-sdk

Every address but that of the loopback interface is refused: entities of the SDK's lists would talk to the vendor.
"""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

from reference_ca import RootAuthority
from reference_ca.portal.service import Ready, Settings, running

IDENTITY = "A-" + ":".join(["7E"] * 32)


@contextmanager
def loopback_alone() -> Iterator[None]:
    """Refuse to resolve any host but the loopback address."""
    resolve = socket.getaddrinfo

    def refuse(host: Any, *arguments: Any, **options: Any) -> Any:
        assert host == "127.0.0.1", f"the SDK asks for {host}"
        return resolve(host, *arguments, **options)

    with patch("socket.getaddrinfo", refuse):
        yield


def trusted_certificates(entities: Any) -> None:
    authority = RootAuthority("Root").intermediate("FCU line 1")
    made = entities.trusted_certificate(
        name="line 1", service="lwm2m", certificate=authority.chain_pem.data.decode(), description="first"
    )
    made.create()
    assert (made.subject, made.issuer, made.status) == ("CN=FCU line 1", "CN=Root", "ACTIVE")
    others = [RootAuthority(f"Root {number}").chain_pem.data.decode() for number in range(4)]
    for number, other in enumerate(others):
        entities.trusted_certificate(name=f"other {number}", service="bootstrap", certificate=other).create()
    listed = list(entities.trusted_certificate().list(page_size=2, include="total_count"))
    assert [one.name for one in listed] == ["line 1", *(f"other {number}" for number in range(4))]
    found = list(entities.trusted_certificate().list(filter={"service": {"eq": "lwm2m"}, "subject": {"like": "line"}}))
    assert [one.id for one in found] == [made.id]
    found[0].status = "INACTIVE"
    found[0].update()
    again = entities.trusted_certificate(id=made.id).read()
    assert (again.status, again.is_developer_certificate) == ("INACTIVE", False)
    again.delete()
    assert len(list(entities.trusted_certificate().list())) == 4


def developer_certificate(entities: Any) -> None:
    made = entities.developer_certificate(name="bench").create()
    assert "PRIVATE KEY" in made.developer_private_key
    trusted = entities.trusted_certificate(id=made.id).read()
    assert trusted.is_developer_certificate
    assert trusted.get_developer_certificate_info().certificate == made.certificate


def account(entities: Any) -> None:
    me = entities.account().me(include="limits,policies")
    assert (me.tier, me.status, me.limits) == ("1", "ACTIVE", {"trusted_certificates": "50"})


def server_credentials(entities: Any) -> None:
    for name in ("get_bootstrap", "get_lwm2m"):
        found = getattr(entities.server_credentials(), name)()
        assert found.server_uri.startswith("coaps://127.0.0.1:")
        assert found.server_certificate.startswith("-----BEGIN CERTIFICATE-----")


def enrollment(entities: Any) -> None:
    made = entities.device_enrollment(enrollment_identity=IDENTITY).create()
    (listed,) = entities.device_enrollment().list()
    assert (listed.id, listed.enrollment_identity, listed.claimed_at) == (made.id, IDENTITY, None)
    listed.delete()
    assert list(entities.device_enrollment().list()) == []


def bulk(entities: Any) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "enroll.csv"
        path.write_text(f"identity\n{IDENTITY}\nA-short\n")
        with path.open("rb") as file:
            task = entities.device_enrollment_bulk_create().create(file)
    while task.status != "completed":
        task = task.read()
    assert (task.total_count, task.processed_count, task.errors_count) == (2, 2, 1)
    assert IDENTITY in task.download_full_report_file().read()
    assert "A-short" in task.download_errors_report_file().read()


def devices(entities: Any) -> None:
    assert list(entities.device().list()) == []
    nobody = {"trusted_certificate_id": {"eq": "0" * 32}}
    assert list(entities.device_enrollment_denial().list(filter=nobody)) == []


STEPS: tuple[Callable[[Any], None], ...] = (
    trusted_certificates,
    developer_certificate,
    account,
    server_credentials,
    enrollment,
    bulk,
    devices,
)


def drive(ready: Ready) -> None:
    """Each step with a new SDK, told by its environment alone where the portal is."""
    os.environ["MBED_CLOUD_SDK_HOST"] = ready.url
    os.environ["MBED_CLOUD_SDK_API_KEY"] = ready.api_key_file.read_text()
    os.environ["REQUESTS_CA_BUNDLE"] = str(ready.ca_file)
    from mbed_cloud import SDK  # the environment has to be complete before

    for step in STEPS:
        step(SDK().foundation)
        print(f"ok  {step.__name__}")


def main() -> int:
    with TemporaryDirectory() as folder, running(Settings(Path(folder) / "portal.sqlite")) as ready, loopback_alone():
        drive(ready)
    return 0


if __name__ == "__main__":
    sys.exit(main())
