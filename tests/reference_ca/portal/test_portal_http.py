"""The REST interface over HTTPS on real sockets, and every fault that clients must survive."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import urllib3
from portal_helpers import ENTRIES, StandIn

from reference_ca import RootAuthority
from reference_ca.errors import ReferenceCaError
from reference_ca.portal.api import Portal
from reference_ca.portal.faults import FAULTS, HUGE, Faults
from reference_ca.portal.http_server import LARGEST_BODY, ApiServer

HANGING = 600


@contextmanager
def client(standin: StandIn, *faults: str) -> Iterator[Any]:
    """A function that asks over HTTPS, without retries and redirects."""
    server = ApiServer(("127.0.0.1", 0), Portal(standin.context), standin.credentials, Faults(faults))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    context = ssl.create_default_context(cadata=standin.credentials.ca_pem.data.decode())
    headers = {"Authorization": f"Bearer {standin.context.account.admin_key}"}
    try:
        with urllib3.PoolManager(ssl_context=context, headers=headers, retries=False) as pool:

            def ask(path: str, method: str = "GET", **options: Any) -> Any:
                url = f"https://127.0.0.1:{server.server_address[1]}{path}"
                return pool.request(method, url, timeout=HANGING, **options)

            ask.server = server  # type: ignore[attr-defined]
            yield ask
    finally:
        server.stopped.set()
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_client_creates_lists_and_deletes_over_one_connection(standin: StandIn) -> None:
    with client(standin) as ask:
        body = {"certificate": RootAuthority("R").chain_pem.data.decode(), "name": "é", "service": "lwm2m"}
        made = ask(ENTRIES, "POST", json=body, headers={**_key(standin), "Content-Type": "application/json"})
        assert (made.status, made.headers["Content-Type"]) == (201, "application/json")
        assert [entry["name"] for entry in ask(f"{ENTRIES}?name__eq=%C3%A9").json()["data"]] == ["é"]
        assert ask(f"{ENTRIES}/{made.json()['id']}", "DELETE").status == 204
        assert ask(ENTRIES).json()["data"] == []
        assert ask(ENTRIES, "HEAD").status == 405
        assert ask(ENTRIES, "TRACE").status == 405


def _key(standin: StandIn) -> dict[str, str]:
    return {"Authorization": f"Bearer {standin.context.account.admin_key}"}


def test_a_form_is_taken_as_clients_send_it(standin: StandIn) -> None:
    content = b"header\r\n" + b"A-" + b"7E:" * 31 + b"7E\r\n"
    with client(standin) as ask:
        fields = {"enrollment_identities": ("a.csv", content, "text/csv")}
        made = ask("/v3/device-enrollments-bulk-uploads", "POST", fields=fields)
        assert (made.status, made.json()["total_count"]) == (201, 1)


@pytest.mark.parametrize(
    ("header", "status"),
    [
        (f"Content-Length: {LARGEST_BODY + 1}", b" 413 "),
        ("Content-Length: 1" + "0" * 5000, b" 413 "),
        ("Content-Length: -1", b" 411 "),
        ("Transfer-Encoding: chunked", b" 411 "),
    ],
    ids=["too long", "very long", "negative", "chunked"],
)
def test_a_body_that_is_too_large_or_of_unknown_length_is_refused(header: str, status: bytes, standin: StandIn) -> None:
    with client(standin) as ask:
        tls = ssl.create_default_context(cadata=standin.credentials.ca_pem.data.decode())
        plain = socket.create_connection(("127.0.0.1", ask.server.server_address[1]), timeout=HANGING)
        with tls.wrap_socket(plain, server_hostname="127.0.0.1") as connection:
            connection.sendall(f"POST {ENTRIES} HTTP/1.1\r\n{header}\r\n\r\n".encode())
            assert status in connection.recv(100)


def test_a_query_of_too_many_parameters_is_refused(standin: StandIn) -> None:
    with client(standin) as ask:
        assert ask(f"{ENTRIES}?{'a=b&' * 500}").status == 400


def test_a_client_that_believes_another_ca_gets_no_answer(standin: StandIn) -> None:
    with client(standin) as ask:
        stranger = ssl.create_default_context(cadata=RootAuthority("Other").chain_pem.data.decode())
        plain = socket.create_connection(("127.0.0.1", ask.server.server_address[1]), timeout=HANGING)
        with plain, pytest.raises(ssl.SSLCertVerificationError):
            stranger.wrap_socket(plain, server_hostname="127.0.0.1")
        assert ask("/v3/accounts/me").status == 200


@pytest.mark.parametrize("status", [429, 503])
def test_a_refusal_has_a_retry_time_and_ends_after_the_requested_number(status: int, standin: StandIn) -> None:
    with client(standin, f"{status}:2") as ask:
        answers = [ask("/v3/accounts/me") for _ in range(3)]
        assert [answer.status for answer in answers] == [status, status, 200]
        assert answers[0].headers["Retry-After"] == "1"
        assert answers[0].json()["object"] == "error"


def test_a_truncated_answer_ends_before_its_length(standin: StandIn) -> None:
    with client(standin, "truncated") as ask, pytest.raises(urllib3.exceptions.ProtocolError):
        ask("/v3/accounts/me")


def test_broken_json_is_complete_as_far_as_http_goes(standin: StandIn) -> None:
    with client(standin, "broken-json") as ask:
        answer = ask("/v3/accounts/me")
        assert len(answer.data) == int(answer.headers["Content-Length"])
        with pytest.raises(json.JSONDecodeError):
            answer.json()


def test_a_slow_answer_comes_byte_by_byte(standin: StandIn) -> None:
    with client(standin, "slow:1") as ask:
        answer = ask("/v3/accounts/me", preload_content=False)
        first = answer.read(1)
        assert first == b"{"
        ask.server.stopped.set()  # what is left never comes
        with pytest.raises(urllib3.exceptions.ProtocolError):
            answer.read()


def test_a_redirect_leads_to_another_host(standin: StandIn) -> None:
    with client(standin, "redirect") as ask:
        answer = ask("/v3/accounts/me")
        assert answer.status == 302
        assert urlsplit(answer.headers["Location"]).hostname == "portal.invalid"


def test_a_huge_answer_announces_its_size(standin: StandIn) -> None:
    with client(standin, "huge") as ask:
        answer = ask("/v3/accounts/me", preload_content=False)
        assert int(answer.headers["Content-Length"]) == HUGE
        assert len(answer.read(1 << 20)) == 1 << 20
        answer.close()


def test_fields_of_an_error_come_as_an_object(standin: StandIn) -> None:
    with client(standin, "fields-object") as ask:
        assert ask(f"{ENTRIES}?limit=many").json()["fields"] == {"limit": "is not an integer of 32 bits"}


@pytest.mark.parametrize("order", ["ASC", "DESC"])
def test_paging_over_changing_entries_terminates_with_a_repeated_entry(order: str, standin: StandIn) -> None:
    for number in range(5):
        standin.upload(RootAuthority(f"R {number}").chain_pem.data, str(number))
    with client(standin, "changing-page") as ask:
        found, after = [], ""
        while True:
            page = ask(f"{ENTRIES}?limit=2&order={order}{after}").json()
            found += [entry["name"] for entry in page["data"]]
            if not page["has_more"]:
                break
            after = f"&after={page['data'][-1]['id']}"
    expected = ["0", "1", "1", "2", "2", "3", "3", "4"]
    assert found == (expected if order == "ASC" else [str(4 - int(name)) for name in expected])


@pytest.mark.parametrize("text", ["404", "slow:", "slow:-1", "slow:x", "", ":3"])
def test_a_fault_that_there_is_not_is_refused_with_those_that_there_are(text: str) -> None:
    with pytest.raises(ReferenceCaError, match="is not a fault: choose NAME or NAME:N from 429, 503") as refused:
        Faults([text])
    assert all(name in str(refused.value) for name in FAULTS)


def test_the_key_of_the_server_is_in_no_file_when_it_listens(standin: StandIn, tmp_path: Path) -> None:
    with client(standin):
        names = [path.name for path in tmp_path.iterdir()]
        assert sorted(names) == ["portal.sqlite", "portal.sqlite-shm", "portal.sqlite-wal"]
