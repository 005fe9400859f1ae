"""The portal's client: what it asks, what it takes for an answer, and that an API key stands in its header alone."""

from __future__ import annotations

import ast
import inspect
import pickle
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from fcu_conform.artefacts.bounded_io.limits import PORTAL_ANSWER
from fcu_conform.artefacts.usage import UsageError
from fcu_conform.interfaces import portal
from fcu_conform.interfaces.portal.api_key import ApiKey, read_api_key
from fcu_conform.interfaces.portal.client import Patience, PortalClient, PortalFault
from fcu_conform.interfaces.portal.fetching import Fetched, fetch, list_all

from .portals import KEY, Liar, liar, page

LIST = "/v3/trusted-certificates"
AT = "2026-06-01T00:00:00Z"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Liar]:
    with liar(tmp_path_factory.mktemp("liar")) as made:
        yield made


@pytest.fixture
def lying(server: Liar) -> Liar:
    server.answers.clear()
    server.asked.clear()
    return server


def client_of(server: Liar, waits: list[float] | None = None, **patience: Any) -> PortalClient:
    pauses: list[float] = [] if waits is None else waits
    return PortalClient(server.url, ApiKey(KEY), str(server.ca_file), patience=Patience(**patience), wait=pauses.append)


def fetched(server: Liar, **options: Any) -> Fetched:
    return fetch(client_of(server), AT, **options)


def entry(number: int, **fields: Any) -> dict[str, Any]:
    return {"id": f"{number:032x}", "name": f"line {number}", "service": "lwm2m", "certificate": "-", **fields}


def test_the_state_is_what_the_portal_answers_without_what_is_about_people(lying: Liar) -> None:
    lying.is_honest(entry(1), entry(2, status="INACTIVE", new_member=[1]))
    found = fetched(lying)
    assert [one.name for one in found.state.entries] == ["line 1", "line 2"]
    assert found.state.entries[1].fields["new_member"] == [1]
    assert found.state.account == {"id": "0" * 32, "tier": "1"}
    assert found.state.server_credentials["lwm2m"] == {"server_uri": "coaps://lwm2m.example"}
    assert (found.state.devices, found.state.fetched_at, found.withheld) == (None, AT, ())
    assert b"a@b.example" not in found.data


def test_only_get_is_asked_and_the_key_is_in_one_header(lying: Liar) -> None:
    lying.is_honest(entry(1))
    fetched(lying, with_devices=True)
    assert {method for method, _, _ in lying.asked} == {"GET"}
    for _, path, headers in lying.asked:
        assert KEY not in path
        assert [name for name, value in headers.items() if KEY in value] == ["Authorization"]


def test_the_client_has_no_method_but_get() -> None:
    folder = Path(inspect.getfile(portal)).parent
    calls = [
        node
        for file in folder.glob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr
        in ("request", "urlopen", "request_encode_url", "request_encode_body", "put", "post", "delete")
    ]
    assert [ast.literal_eval(call.args[0]) for call in calls] == ["GET"]


def test_an_api_key_is_not_shown_and_does_not_leave_its_process() -> None:
    key = ApiKey(KEY)
    assert KEY not in f"{key!r} {key} {vars(PortalClient('https://a.example', key))}"
    with pytest.raises(TypeError, match="stays in its process"):
        pickle.dumps(key)


@pytest.mark.parametrize("text", ["", "short", "two words here", "new\nline in it", "é" * 20, "x" * 501])
def test_an_impossible_api_key_is_refused_and_not_shown(tmp_path: Path, text: str) -> None:
    file = tmp_path / "key"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match="does not hold an API key") as told:
        read_api_key(str(file), "UNUSED")
    assert not text or text not in str(told.value)


def test_the_key_is_read_from_a_file_or_a_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PORTAL_KEY", raising=False)
    with pytest.raises(UsageError, match="name a file with --api-key-file, or set the environment variable PORTAL_KEY"):
        read_api_key(None, "PORTAL_KEY")
    monkeypatch.setenv("PORTAL_KEY", KEY)
    assert read_api_key(None, "PORTAL_KEY").header() == {"Authorization": f"Bearer {KEY}"}
    (tmp_path / "key").write_text(f"{KEY}\n")
    assert read_api_key(str(tmp_path / "key"), "PORTAL_KEY").header() == {"Authorization": f"Bearer {KEY}"}


@pytest.mark.parametrize(
    "url",
    [
        "http://portal.example",
        "portal.example",
        "https://",
        "https://user:secret@portal.example",
        "https://portal.example/v3",
        "https://portal.example?key=secret",
        "https://portal.example:port",
        "https://portal example",
        "https://portal.example\r\nHost: other",
        "",
    ],
)
def test_an_address_that_is_not_plain_https_is_refused_and_not_shown(url: str) -> None:
    with pytest.raises(UsageError, match=r"^--url: is not https://HOST or https://HOST:PORT$"):
        PortalClient(url, ApiKey(KEY))


def test_a_server_under_another_ca_is_not_told_the_key(lying: Liar, tmp_path: Path) -> None:
    lying.is_honest()
    with pytest.raises(PortalFault, match=r"cannot be trusted: .*--ca-file"):
        fetch(PortalClient(lying.url, ApiKey(KEY)), AT)
    assert lying.asked == []
    (tmp_path / "ca.pem").write_text("not a certificate")
    with pytest.raises(UsageError, match=r"CA file .*: is not PEM certificates$"):
        PortalClient(lying.url, ApiKey(KEY), str(tmp_path / "ca.pem"))


def test_a_redirect_is_not_followed(lying: Liar) -> None:
    lying.is_honest()

    def redirect(request: BaseHTTPRequestHandler) -> None:
        request.send_response(302)
        request.send_header("Location", f"{lying.url}/v3/devices")
        request.send_header("Content-Length", "0")
        request.end_headers()

    lying.answers[LIST] = redirect
    with pytest.raises(PortalFault, match=r"redirects \(302\), and redirects are not followed$"):
        fetched(lying)
    assert len(lying.asked) == 1


@pytest.mark.parametrize(
    ("status", "retry_after", "waits"),
    [
        (429, None, [0.5, 1, 2, 4]),
        (503, "7", [7, 7, 7, 7]),
        (429, "99999", [30, 30, 30, 30]),
        (503, "soon", [0.5, 1, 2, 4]),
    ],
)
def test_a_busy_portal_is_asked_again_with_pauses(
    lying: Liar, status: int, retry_after: str | None, waits: list[float]
) -> None:
    def busy(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        if retry_after is not None:
            request.send_header("Retry-After", retry_after)
        request.send_header("Content-Length", "0")
        request.end_headers()

    lying.answers[LIST] = busy
    waited: list[float] = []
    with pytest.raises(PortalFault, match=f"answers {status}$"):
        client_of(lying, waited).get(LIST)
    assert waited == waits
    assert len(lying.asked) == 5


ERROR = {"object": "error", "code": 400, "type": "validation_error", "message": "Validation error", "request_id": "1"}


@pytest.mark.parametrize(
    "fields",
    [[{"name": "limit", "message": "is not an integer"}], {"limit": "is not an integer"}],
    ids=["list", "object"],
)
def test_fields_of_an_error_are_shown_in_both_forms(lying: Liar, fields: object) -> None:
    lying.says(LIST, {**ERROR, "fields": fields}, 400)
    with pytest.raises(PortalFault) as told:
        client_of(lying).get(LIST)
    assert str(told.value) == (
        f"{lying.url}{LIST} answers 400 (validation_error; Validation error; limit: is not an integer)"
    )


@pytest.mark.parametrize("status", [403, 404])
def test_an_answer_withheld_from_a_key_is_left_out_and_named(lying: Liar, status: int) -> None:
    lying.is_honest(entry(1))
    lying.says("/v3/accounts/me", ERROR, status)
    lying.says("/v3/server-credentials/lwm2m", ERROR, status)
    found = fetched(lying)
    assert found.withheld == (f"account and limits ({status})", f"server of lwm2m ({status})")
    assert (found.state.account, list(found.state.server_credentials)) == ({}, ["bootstrap"])


def raw(data: bytes) -> Callable[[BaseHTTPRequestHandler], None]:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.wfile.write(data)

    return answer


HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n"
PEM_KEY = "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEE\n-----END EC PRIVATE KEY-----\n"

LIES: dict[str, tuple[Any, str]] = {
    "not JSON": (b"<html>", r"answers with what is not JSON$"),
    "half of the JSON": (b'{"data": [', r"answers with what is not JSON$"),
    "not UTF-8": (b'{"data": "\xff"}', r"answers with what is not JSON$"),
    "brackets": (b"[" * 100_000, r"answers with JSON that is nested too deeply$"),
    "a member twice": (
        b'{"data": [], "data": []}',
        r"answers with JSON that has the member 'data' twice in one object$",
    ),
    "a list": (b"[]", r"answers with JSON that is not an object$"),
    "no data": (b"{}", r"answers with a page that lacks data or has_more$"),
    "an entry that is text": (page("x"), r"lists an entry without an id$"),  # type: ignore[arg-type]
    "an entry without an id": (page({"name": "x"}), r"lists an entry without an id$"),
    "an entry of no service": (page(entry(1, service="ftp")), r"does not answer as documented: .*\.service is 'ftp'"),
    "an entry without a certificate": (
        page(entry(1, certificate=None)),
        r"as documented: .*\.certificate is not text$",
    ),
    "a total that is text": (page(total_count="1"), r"answers with a total_count that is not a number$"),
    "another total": (page(entry(1), total_count=2), r"lists 1 entries and says that there are 2$"),
    "more of the same": ({**page(entry(1)), "has_more": True}, r"says that there is more, and shows nothing new$"),
    "more of nothing": ({**page(), "has_more": True}, r"says that there is more, and shows nothing new$"),
    "more entries than an account has": (page(*map(entry, range(1001))), r"lists more than 1000 entries$"),
    "the API key": (page(entry(1, name=f"see {KEY}")), r"repeats the API key in its answer, which is not kept$"),
    "a private key": (page(entry(1, certificate=PEM_KEY)), r"answers with a private key, which is not kept$"),
    "100 MB": (raw(HEAD % 100_000_000 + b" " * (PORTAL_ANSWER + 1)), rf"answers with more than {PORTAL_ANSWER} bytes$"),
    "half of the body": (raw(HEAD % 100 + b"{"), r"ends its answer too early, or does not speak HTTP$"),
    "nothing": (raw(b""), r"ends its answer too early, or does not speak HTTP$"),
    "another protocol": (raw(b"220 mail.example ESMTP\r\n"), r"ends its answer too early, or does not speak HTTP$"),
    "compressed": (raw(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n\x1f\x8b\x08"), r"what is not JSON$"),
}


@pytest.mark.parametrize("lie", LIES)
def test_an_answer_that_is_not_as_documented_is_one_line(lying: Liar, lie: str) -> None:
    answer, words = LIES[lie]
    lying.is_honest()
    if isinstance(answer, dict):
        lying.says(LIST, answer)
    else:
        lying.answers[LIST] = answer if callable(answer) else (200, answer)
    with pytest.raises(PortalFault, match=words) as told:
        fetched(lying)
    assert "\n" not in str(told.value)
    assert KEY not in str(told.value)
    assert len(str(told.value)) < 500


@pytest.mark.parametrize(
    "parts", [[], [b"HTTP/1.1 200 OK\r\n"], [HEAD % 1000, b"{"]], ids=["nothing", "status", "body"]
)
def test_a_portal_that_stalls_is_left(lying: Liar, parts: list[bytes]) -> None:
    def stall(request: BaseHTTPRequestHandler) -> None:
        for part in parts:
            request.wfile.write(part)
            request.wfile.flush()
        lying.released.wait()

    lying.answers[LIST] = stall
    with pytest.raises(PortalFault, match=r"does not answer within 0\.2 seconds$"):
        fetch(client_of(lying, read=0.2, attempts=2), AT)
    lying.is_honest()
    with pytest.raises(PortalFault, match=r"does not answer all within 0 seconds$"):
        fetch(client_of(lying), AT, seconds=0)


def test_nobody_who_listens_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(PortalFault, match=r"^https://127\.0\.0\.1:1/v3/trusted-certificates cannot be reached$"):
        fetch(PortalClient("https://127.0.0.1:1", ApiKey(KEY), wait=lambda _: None), AT)


def test_a_list_that_changes_while_it_is_read_is_read_again(lying: Liar) -> None:
    pages = [
        {**page(entry(1), entry(2)), "has_more": True, "total_count": 3},
        page(entry(3), total_count=4),  # one was added behind
        {**page(entry(1), entry(2)), "has_more": True, "total_count": 4},
        page(entry(2), entry(3), entry(4), total_count=4),  # and one comes twice
    ]

    def next_page(request: BaseHTTPRequestHandler) -> None:
        body = Liar(Path())
        body.says("", pages.pop(0))
        _, data = body.answers[""]  # type: ignore[misc]
        request.wfile.write(HEAD % len(data) + data)

    lying.answers[LIST] = next_page
    assert [one["name"] for one in list_all(client_of(lying), LIST, 10, 2)] == [f"line {n}" for n in (1, 2, 3, 4)]
    lists = [path.partition("?")[2] for _, path, _ in lying.asked if path.startswith(LIST)]
    assert lists[:2] == [
        "limit=2&include=total_count",
        f"limit=2&include=total_count&after={2:032x}",
    ]
