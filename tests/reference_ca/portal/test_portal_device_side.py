"""Who comes in: every version of TLS, every depth, both readings, in process and without a socket."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from aiocoap.message import Message
from aiocoap.numbers.codes import Code
from aiocoap.numbers.types import Type
from cryptography.hazmat.primitives import hashes
from OpenSSL import SSL
from portal_helpers import (
    ENTRIES,
    METHODS,
    InProcess,
    Lines,
    StandIn,
    client_context,
    device_of,
    documents,
    is_let_in,
    key_of,
)

from reference_ca import Device, DeviceProfile, KeySource, RootAuthority, to_pem
from reference_ca.portal.device_side import coap
from reference_ca.portal.device_side.session import MTU, datagrams
from reference_ca.portal.trust import Reading

BOTH = list(Reading)
VERSIONS = list(METHODS)


def request(path: tuple[str, ...], *query: str, code: Code = Code.POST, number: int = 1) -> bytes:
    """A confirmable message in a datagram."""
    message = Message(code=code)
    message.mtype, message.mid, message.token = Type.CON, number, b"tk"
    message.opt.uri_path, message.opt.uri_query = path, query
    return bytes(message.encode())


def answered(device: InProcess, data: bytes) -> tuple[int, tuple[str, ...]]:
    """Code and location of the answer."""
    reply = Message.decode(device.ask(data))
    assert (reply.mtype, reply.token) == (Type.ACK, b"tk")
    return int(reply.code), tuple(reply.opt.location_path)


@pytest.mark.parametrize("reading", BOTH)
def test_a_device_of_an_active_entry_of_the_service_comes_in(reading: Reading, standin: StandIn, lines: Lines) -> None:
    standin.upload(lines.line_a.chain_pem.data, "A")
    assert [is_let_in(standin, lines.device_a, depth, reading=reading) for depth in (1, 2, 3, 4)] == [True] * 4


@pytest.mark.parametrize("reading", BOTH)
@pytest.mark.parametrize("why", ["nothing there", "other service", "inactive", "deactivated", "deleted"])
def test_without_an_active_entry_of_the_service_nobody_comes_in(
    why: str, reading: Reading, standin: StandIn, lines: Lines
) -> None:
    if why != "nothing there":
        entry = standin.upload(
            lines.line_a.chain_pem.data,
            "A",
            "bootstrap" if why == "other service" else "lwm2m",
            status="INACTIVE" if why == "inactive" else "ACTIVE",
        )
        if why in ("deactivated", "deleted"):
            assert is_let_in(standin, lines.device_a, 2, reading=reading)
        if why == "deactivated":
            standin.ask("PUT", f"{ENTRIES}/{entry['id']}", {"status": "INACTIVE"})
        if why == "deleted":
            standin.ask("DELETE", f"{ENTRIES}/{entry['id']}")
    assert [is_let_in(standin, lines.device_a, depth, reading=reading) for depth in (1, 2, 4)] == [False] * 3


THEFT = [
    # reading, uploads, honest A at depth 1, honest B at depth 1, thief with A's key presenting 1, 2, 3 certificates
    (Reading.ALL, "AB", True, True, (True, True, True)),
    (Reading.ALL, "B", False, True, (False, True, True)),
    (Reading.LOWEST, "AB", True, True, (True, True, True)),
    (Reading.LOWEST, "B", False, True, (False, False, False)),
    (Reading.ALL, "I", False, False, (False, True, True)),
    (Reading.LOWEST, "R", False, False, (False, False, True)),
]


@pytest.mark.parametrize(("reading", "uploads", "honest_a", "honest_b", "thief"), THEFT)
def test_a_stolen_key_gets_in_as_it_did_in_front_of_real_servers(
    reading: Reading,
    uploads: str,
    honest_a: bool,
    honest_b: bool,
    thief: tuple[bool, ...],
    standin: StandIn,
    lines: Lines,
) -> None:
    chains = {"A": lines.line_a, "B": lines.line_b, "I": lines.intermediate, "R": lines.root}
    for name in uploads:
        standin.upload(chains[name].chain_pem.data, name)
    assert is_let_in(standin, lines.device_a, 1, reading=reading) is honest_a
    assert is_let_in(standin, lines.device_b, 1, reading=reading) is honest_b
    forged = lines.line_a.issue_device("forged")
    assert tuple(is_let_in(standin, forged, depth, reading=reading) for depth in (1, 2, 3)) == thief


@pytest.mark.parametrize("version", VERSIONS)
def test_an_impostor_or_a_client_without_a_certificate_stays_outside(
    version: str, standin: StandIn, lines: Lines
) -> None:
    standin.upload(lines.line_a.chain_pem.data, "A")
    stranger = RootAuthority("Root").intermediate("FCU line A").issue_device("a-1")
    assert not device_of(standin, version, stranger, 2).handshake()
    nobody = client_context(version, None, (), standin.credentials.chain[-1])
    assert not InProcess(nobody, standin.session(METHODS[version][1])).handshake()
    assert [line for line in standin.log if "refused" not in line] == []
    assert len(standin.log) == 2


@pytest.mark.parametrize("version", VERSIONS)
def test_an_expired_device_stays_outside(version: str, standin: StandIn) -> None:
    root = RootAuthority("Old", source=KeySource(at=datetime.now(timezone.utc) - timedelta(days=800)))
    standin.upload(root.chain_pem.data, "Old")
    assert not device_of(standin, version, root.issue_device("old", profile=DeviceProfile(years=1)), 1).handshake()
    assert standin.log == ["lwm2m: refused 'old': certificate has expired"]
    assert device_of(standin, version, root.issue_device("young"), 1).handshake()


@pytest.mark.parametrize("version", VERSIONS)
def test_no_session_is_resumed(version: str, standin: StandIn, lines: Lines) -> None:
    """A resumed session would come in past a removal: no ticket, and no certificate is taken as read."""
    entry = standin.upload(lines.line_a.chain_pem.data, "A")
    key, chain, ca = key_of(lines.device_a), lines.device_a.chain(2), standin.credentials.chain[-1]
    context = client_context(version, key, chain, ca)
    context.set_session_cache_mode(SSL.SESS_CACHE_CLIENT)
    first = InProcess(context, standin.session(METHODS[version][1]))
    assert first.handshake()
    first.read()
    resumed = first.connection.get_session()
    assert resumed is not None
    assert InProcess(context, standin.session(METHODS[version][1]), resumed).handshake()
    standin.ask("DELETE", f"{ENTRIES}/{entry['id']}")
    assert not InProcess(context, standin.session(METHODS[version][1]), resumed).handshake()


def test_a_refusal_is_written_down_under_the_entry_that_it_concerns(standin: StandIn, lines: Lines) -> None:
    entry_a = standin.upload(lines.line_a.chain_pem.data, "A")
    entry_b = standin.upload(lines.line_b.chain_pem.data, "B")
    standin.ask("DELETE", f"{ENTRIES}/{entry_a['id']}")
    for version in VERSIONS:
        assert not device_of(standin, version, lines.device_a, 1).handshake()
    assert standin.names_of_denials(entry_a["id"]) == ["a-1"] * 3
    assert standin.names_of_denials(entry_b["id"]) == []
    assert set(standin.log) == {"lwm2m: refused 'a-1': unable to get local issuer certificate"}


def test_a_device_registers_updates_and_deregisters_under_its_own_name(standin: StandIn, lines: Lines) -> None:
    entry = standin.upload(lines.line_a.chain_pem.data, "A")
    device = device_of(standin, "DTLS 1.2", lines.device_a, 2)
    assert device.handshake()
    code, location = answered(device, request(("rd",), "ep=a-1", "lt=60", "lwm2m=1.0", number=1))
    (listed,) = documents(standin.ask("GET", "/v3/devices"))
    assert (code, location) == (coap.CREATED, ("rd", listed["id"]))
    assert (listed["endpoint_name"], listed["state"], listed["ca_id"]) == ("a-1", "registered", entry["id"])
    assert listed["device_key"] == lines.device_a.certificate.fingerprint(hashes.SHA256()).hex()
    assert listed["issuer_fingerprint"] == lines.line_a.certificate.fingerprint(hashes.SHA256()).hex()
    assert answered(device, request(location, number=2)) == (coap.CHANGED, ())
    assert answered(device, request(location, code=Code.DELETE, number=3)) == (coap.DELETED, ())
    assert documents(standin.ask("GET", "/v3/devices"))[0]["state"] == "deregistered"


@pytest.mark.parametrize("service", ["lwm2m", "bootstrap"])
def test_the_name_must_be_the_cn_of_the_certificate(service: str, standin: StandIn, lines: Lines) -> None:
    entry = standin.upload(lines.line_a.chain_pem.data, "A", service)
    device = device_of(standin, "DTLS 1.2", lines.device_a, 2, service=service)
    assert device.handshake()
    path = ("rd" if service == "lwm2m" else "bs",)
    assert answered(device, request(path, "ep=b-1"))[0] == coap.FORBIDDEN
    assert documents(standin.ask("GET", "/v3/devices")) == []
    assert standin.names_of_denials(entry["id"]) == ["b-1"]
    assert answered(device, request(path, number=2))[0] == coap.BAD_REQUEST


@pytest.mark.parametrize(
    ("path", "code", "expected"),
    [
        (("bs",), Code.POST, coap.NOT_FOUND),  # of the other service
        ((), Code.POST, coap.NOT_FOUND),
        (("rd", "1", "2"), Code.POST, coap.NOT_FOUND),
        (("rd", "0" * 32), Code.POST, coap.NOT_FOUND),
        (("rd",), Code.GET, coap.NOT_ALLOWED),
        (("rd",), Code.PUT, coap.NOT_ALLOWED),
    ],
)
def test_other_requests_are_answered_with_an_error(
    path: tuple[str, ...], code: Code, expected: int, standin: StandIn, lines: Lines
) -> None:
    standin.upload(lines.line_a.chain_pem.data, "A")
    device = device_of(standin, "DTLS 1.2", lines.device_a, 1)
    assert device.handshake()
    assert answered(device, request(path, "ep=a-1", code=code))[0] == expected


def bootstrap(standin: StandIn, device: Device) -> int:
    visitor = device_of(standin, "DTLS 1.2", device, 2, service="bootstrap")
    assert visitor.handshake()
    return answered(visitor, request(("bs",), f"ep={device.endpoint_name}"))[0]


def test_first_to_claim_lets_only_enrolled_devices_bootstrap(standin: StandIn, lines: Lines) -> None:
    entry = standin.upload(lines.line_a.chain_pem.data, "A", "bootstrap", enrollment_mode=True)
    assert bootstrap(standin, lines.device_a) == coap.FORBIDDEN
    assert standin.names_of_denials(entry["id"]) == ["a-1"]
    identity = "A-" + lines.device_a.enrollment_id.removeprefix("A-").lower()
    assert standin.ask("POST", "/v3/device-enrollments", {"enrollment_identity": identity}).status == 201
    assert bootstrap(standin, lines.device_a) == coap.CHANGED
    (device,) = documents(standin.ask("GET", "/v3/devices"))
    (claimed,) = documents(standin.ask("GET", "/v3/device-enrollments"))
    assert device["state"] == "bootstrapped"
    assert claimed["enrolled_device_id"] == device["id"]
    assert claimed["claimed_at"] is not None


def test_without_first_to_claim_the_certificate_is_enough(standin: StandIn, lines: Lines) -> None:
    standin.upload(lines.line_a.chain_pem.data, "A", "bootstrap")
    assert bootstrap(standin, lines.device_a) == coap.CHANGED


def test_a_request_that_comes_twice_is_answered_twice_and_done_once(standin: StandIn, lines: Lines) -> None:
    standin.upload(lines.line_a.chain_pem.data, "A")
    device = device_of(standin, "DTLS 1.2", lines.device_a, 1)
    assert device.handshake()
    data = request(("rd",), "ep=a-1")
    assert device.ask(data) == device.ask(data) != b""
    assert standin.log == ["lwm2m: registered 'a-1'"]


@pytest.mark.parametrize("data", [b"", b"\x40", b"\xff" * 40, b"\x41\x02", request(("rd",), "ep=a-1")[:-1] + b"\xff"])
def test_bytes_that_are_not_coap_end_the_session_and_nothing_else(data: bytes, standin: StandIn, lines: Lines) -> None:
    standin.upload(lines.line_a.chain_pem.data, "A")
    device = device_of(standin, "DTLS 1.2", lines.device_a, 1)
    assert device.handshake()
    if data:
        device.connection.send(data)
        device._carry()
    assert documents(standin.ask("GET", "/v3/devices")) == []


def test_a_long_flight_is_packed_into_datagrams_at_the_ends_of_records() -> None:
    sizes = (900, 400, 80, 1387)
    records = [bytes((22, 0xFE, 0xFD)) + bytes(8) + size.to_bytes(2, "big") + bytes(size) for size in sizes]
    packed = list(datagrams(b"".join(records)))
    assert packed == [records[0] + records[1], records[2], records[3]]
    assert all(len(datagram) <= MTU for datagram in packed)


def test_a_chain_of_many_certificates_comes_through(standin: StandIn) -> None:
    authority: Any = RootAuthority("Top")
    for number in range(8):
        authority = authority.intermediate(f"Level {number}")
    standin.upload(to_pem(authority.chain[-1:]).data, "Top")
    assert is_let_in(standin, authority.issue_device("deep"), 9)
