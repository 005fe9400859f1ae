"""The REST interface as a whole: keys, routes, account, server credentials, devices, denials."""

from __future__ import annotations

import re
from datetime import datetime, timezone

import pytest
from portal_helpers import StandIn, documents

from reference_ca.portal.api import ROUTES, Portal
from reference_ca.portal.protocol import Request
from reference_ca.portal.resources import denials, devices

NOW = datetime(2026, 5, 1, 12, 0, 0, 250000, tzinfo=timezone.utc)


def arrive(standin: StandIn, name: str, state: str = "registered", mode: int = 0) -> str:
    arrival = devices.Arrival(name, "ab" * 32, "1" * 32, "cd" * 32, mode)
    return devices.arrived(standin.context, arrival, state, NOW).id


@pytest.mark.parametrize("key", ["", "ak_wrong", "Bearer"])
@pytest.mark.parametrize("path", ["/v3/accounts/me", "/v3/trusted-certificates", "/v3/nothing"])
def test_without_a_key_of_the_account_nothing_is_said(path: str, key: str, standin: StandIn) -> None:
    response = standin.ask("GET", path, key=key)
    assert response.status == 401
    assert response.json()["type"] == "invalid_auth"
    assert response.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("header", ["{}", "Basic {}", "Bearer{}"])
def test_a_key_counts_as_a_bearer_token_alone(header: str, standin: StandIn) -> None:
    headers = {"authorization": header.format(standin.context.account.admin_key)}
    assert Portal(standin.context).handle(Request("GET", "/v3/accounts/me", {}, headers)).status == 401


def test_no_key_shows_in_what_is_printed_of_the_account(standin: StandIn) -> None:
    account = standin.context.account
    assert account.admin_key not in repr(account) + repr(standin.context)
    assert re.fullmatch(r"ak_[0-9a-f]{64}", account.admin_key)
    assert account.admin_key != account.reader_key


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.path)
def test_a_method_that_a_path_does_not_have_is_answered_with_those_that_it_has(route: object, standin: StandIn) -> None:
    path = re.sub(r"\{\w+\}", "0" * 32, getattr(route, "path"))  # noqa: B009
    response = standin.ask("PATCH", path, {})
    assert response.status == 405
    assert set(response.headers["Allow"].split(", ")) == set(getattr(route, "operations"))  # noqa: B009


def test_a_path_that_is_not_there_is_an_error_in_the_documented_form(standin: StandIn) -> None:
    response = standin.ask("GET", "/v3/nothing")
    assert response.status == 404
    assert set(response.json()) == {"object", "code", "type", "message", "request_id"}


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b'"text"', b"[" * 100_000])
def test_a_body_that_is_not_an_object_is_refused(body: bytes, standin: StandIn) -> None:
    assert standin.ask("POST", "/v3/trusted-certificates", body).status == 400


def test_the_account_shows_limits_and_policies_only_if_they_are_asked_for(standin: StandIn) -> None:
    plain = standin.ask("GET", "/v3/accounts/me").json()
    assert {"object", "id", "etag", "status", "tier", "end_market"} <= set(plain)
    assert plain["tier"] == "1"
    assert not {"limits", "policies", "sub_accounts"} & set(plain)
    whole = standin.ask("GET", "/v3/accounts/me", include="limits,policies").json()
    assert whole["limits"] == {"trusted_certificates": "50"}
    assert all(policy["allow"] for policy in whole["policies"])


def test_server_credentials_name_both_services_with_the_account(standin: StandIn) -> None:
    addresses = standin.context.addresses
    addresses.services.update(bootstrap="coaps://h:1", lwm2m="coaps://h:2")
    addresses.ca_pem = standin.credentials.ca_pem.data.decode()
    aid = standin.context.account.id
    whole = standin.ask("GET", "/v3/server-credentials").json()
    assert whole["lwm2m"] == {"url": f"coaps://h:2?aid={aid}", "certificate": addresses.ca_pem}
    one = standin.ask("GET", "/v3/server-credentials/bootstrap").json()
    assert (one["object"], one["server_uri"]) == ("server-credentials", f"coaps://h:1?aid={aid}")
    assert one["server_certificate"] == whole["bootstrap"]["certificate"] == addresses.ca_pem


def test_a_device_is_listed_once_however_often_it_comes(standin: StandIn) -> None:
    first = arrive(standin, "d-1", "bootstrapped")
    assert arrive(standin, "d-1") == first
    for path in ("/v3/devices", "/v3/devices/"):
        (device,) = documents(standin.ask("GET", path))
        assert (device["endpoint_name"], device["state"]) == ("d-1", "registered")
        assert (device["device_key"], device["ca_id"]) == ("ab" * 32, "1" * 32)
        assert device["bootstrapped_timestamp"] == "2026-05-01T12:00:00.250Z"


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"endpoint_name__eq": "d-2"}, ["d-2"]),
        ({"endpoint_name__neq": "d-2"}, ["d-1", "d-3"]),
        ({"endpoint_name__in": "d-1,d-3"}, ["d-1", "d-3"]),
        ({"state__nin": "registered,deregistered"}, ["d-3"]),
        ({"filter": "state=bootstrapped"}, ["d-3"]),
        ({"filter": "state__eq=registered&endpoint_name__neq=d-1"}, ["d-2"]),
        ({"created_at__lte": "2026-05-01T12:00:00.250Z"}, ["d-1", "d-2", "d-3"]),
        ({"created_at__gte": "2026-05-01T12:00:00.251Z"}, []),
        ({"limit": "2", "include": "total_count"}, ["d-1", "d-2"]),
    ],
)
def test_devices_are_filtered_by_their_fields(query: dict[str, str], names: list[str], standin: StandIn) -> None:
    for name, state in (("d-1", "registered"), ("d-2", "registered"), ("d-3", "bootstrapped")):
        arrive(standin, name, state)
    response = standin.ask("GET", "/v3/devices", **query)
    assert [device["endpoint_name"] for device in documents(response)] == names
    assert response.json().get("total_count") == (3 if "include" in query else None)
    assert standin.ask("GET", "/v3/devices", after="0" * 32).status == 404


def test_a_production_device_cannot_be_deleted_and_a_developer_s_can(standin: StandIn) -> None:
    production, developer = arrive(standin, "p"), arrive(standin, "d", mode=1)
    assert [standin.ask("DELETE", f"/v3/devices/{one}").status for one in (production, developer)] == [400, 204]
    assert standin.ask("DELETE", f"/v3/devices/{developer}").status == 404
    changed = standin.ask("PUT", f"/v3/devices/{production}", {"name": "lamp", "custom_attributes": {"a": "b"}})
    assert (changed.json()["name"], changed.json()["endpoint_name"]) == ("lamp", "p")
    assert standin.ask("PUT", f"/v3/devices/{production}", {"custom_attributes": {"a": 1}}).status == 400


def test_denials_are_listed_by_trusted_certificate_and_endpoint_name(standin: StandIn) -> None:
    written = [
        denials.write_down(standin.context, name, entry, "lwm2m", "reason").document
        for name, entry in (("a-1", "1" * 32), ("a-2", "1" * 32), ("b-1", ""))
    ]
    path = "/v3/device-enrollment-denials"
    assert documents(standin.ask("GET", path, trusted_certificate_id__eq="1" * 32)) == written[:2]
    assert documents(standin.ask("GET", path, trusted_certificate_id__eq=denials.UNKNOWN)) == written[2:]
    named = {"trusted_certificate_id__eq": "1" * 32, "endpoint_name__eq": "a-2"}
    assert documents(standin.ask("GET", path, **named)) == written[1:2]
    assert standin.ask("GET", path).status == 400
    assert standin.ask("GET", f"{path}/{written[0]['id']}").json() == written[0]
    assert set(written[0]) == {
        "object", "id", "etag", "account_id", "created_at", "endpoint_name", "trusted_certificate_id",
    }  # fmt: skip
    assert standin.ask("GET", f"{path}/{'0' * 32}").status == 404
    assert standin.ask("GET", path, after="x", trusted_certificate_id__eq="1" * 32).status == 404


def test_a_developer_certificate_is_trusted_for_bootstrap_in_mode_1(standin: StandIn) -> None:
    path = "/v3/developer-certificates"
    made = standin.ask("POST", path, {"name": "bench"})
    assert made.status == 201
    document = made.json()
    assert standin.ask("GET", f"{path}/{document['id']}").json() == document
    (entry,) = documents(standin.ask("GET", "/v3/trusted-certificates", device_execution_mode__eq="1"))
    assert (entry["id"], entry["service"], entry["status"]) == (document["id"], "bootstrap", "ACTIVE")
    assert entry["certificate"] == document["developer_certificate"]
    assert document["developer_private_key"].startswith("-----BEGIN PRIVATE")
    assert "PRIVATE" not in standin.ask("GET", "/v3/trusted-certificates").body.decode()
    assert standin.ask("POST", path, {"name": "bench"}).status == 409
    reader = standin.context.account.reader_key
    assert standin.ask("GET", f"{path}/{document['id']}", key=reader).status == 403
    assert standin.ask("GET", f"{path}/{'0' * 32}").status == 404
    assert standin.ask("DELETE", f"/v3/trusted-certificates/{document['id']}").status == 204
    assert standin.ask("GET", f"{path}/{document['id']}").status == 404


@pytest.mark.parametrize(
    "name", ["created_at__lte", "updated_at__gte", "device_execution_mode__eq", "auto_update__neq"]
)
def test_a_filter_of_devices_whose_value_cannot_be_read_is_refused(name: str, standin: StandIn) -> None:
    response = standin.ask("GET", "/v3/devices", **{name: "null"})
    assert response.status == 400
    assert [field["name"] for field in response.json()["fields"]] == [name]
