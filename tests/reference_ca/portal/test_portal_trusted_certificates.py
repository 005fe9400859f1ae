"""/v3/trusted-certificates: fields, errors, limits, filters and pages."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from portal_helpers import ENTRIES, StandIn, documents

from reference_ca import Authority, CaProfile, RootAuthority
from reference_ca.portal.account import Tier

FORMS = {
    "object": (str, "trusted-cert"),
    "id": (str, r"[0-9a-f]{32}"),
    "account_id": (str, r"[0-9a-f]{32}"),
    "owner_id": (str, r"[0-9a-f]{32}"),
    "etag": (str, r"\d+"),
    "name": (str, ".{1,100}"),
    "service": (str, "bootstrap|lwm2m"),
    "status": (str, "ACTIVE|INACTIVE"),
    "enrollment_mode": (bool, "False|True"),
    "device_execution_mode": (int, "0"),
    "certificate": (str, r"-----BEGIN CERTIFICATE-----\n[A-Za-z0-9+/=\n]+-----END CERTIFICATE-----\n"),
    "certificate_fingerprint": (str, r"[0-9a-f]{64}"),
    "subject": (str, "CN=.+"),
    "issuer": (str, "CN=.+"),
    "validity": (str, r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"),
    "created_at": (str, r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"),
    "updated_at": (str, r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"),
    "valid": (bool, "True"),
}
"""The fields of an entry without a description: type, and what the value looks like."""


@pytest.fixture(scope="module")
def chains() -> list[bytes]:
    root = RootAuthority("Root")
    return [root.intermediate(f"FCU {number}").chain_pem.data for number in range(12)]


def refused(standin: StandIn, body: dict[str, Any], status: int = 400) -> dict[str, str]:
    """The fields that an error names."""
    response = standin.ask("POST", ENTRIES, body)
    assert response.status == status, response.body
    document = response.json()
    assert document["object"] == "error"
    assert document["code"] == status
    return {field["name"]: field["message"] for field in document.get("fields", [])}


def test_an_entry_has_the_documented_fields_and_shows_its_lowest_certificate(
    standin: StandIn, chains: list[bytes]
) -> None:
    entry = standin.upload(chains[0], "line 1", "bootstrap")
    assert set(entry) == set(FORMS)
    for field, (kind, form) in FORMS.items():
        assert isinstance(entry[field], kind), field
        assert re.fullmatch(form, str(entry[field])), field
    lowest = x509.load_pem_x509_certificate(chains[0])
    assert x509.load_pem_x509_certificate(entry["certificate"].encode()) == lowest
    assert entry["certificate_fingerprint"] == lowest.fingerprint(hashes.SHA256()).hex()
    assert (entry["subject"], entry["issuer"]) == ("CN=FCU 0", "CN=Root")
    assert standin.ask("GET", f"{ENTRIES}/{entry['id']}").json() == entry


def test_a_chain_counts_whichever_way_round_it_is_sent(standin: StandIn) -> None:
    top = RootAuthority("Top")
    chain = top.intermediate("Middle").intermediate("Low").chain
    backwards = b"".join(one.public_bytes(Encoding.PEM) for one in reversed(chain))
    assert standin.upload(backwards, "backwards")["subject"] == "CN=Low"


@pytest.mark.parametrize("field", ["certificate", "name", "service"])
def test_a_required_field_must_be_there(field: str, standin: StandIn, chains: list[bytes]) -> None:
    body = {"certificate": chains[0].decode(), "name": "n", "service": "lwm2m"}
    assert list(refused(standin, {name: value for name, value in body.items() if name != field})) == [field]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "n" * 101),
        ("name", None),
        ("name", "\ud800"),
        ("description", "d" * 501),
        ("service", "LwM2M"),
        ("status", "active"),
        ("enrollment_mode", "true"),
        ("certificate", 5),
        ("certificate", ""),
        ("certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
        ("signature", base64.b64encode(b"not a signature").decode()),
    ],
)  # fmt: skip
def test_a_field_that_is_not_as_documented_is_named(
    field: str, value: object, standin: StandIn, chains: list[bytes]
) -> None:
    body = {"certificate": chains[0].decode(), "name": "n", "service": "lwm2m", field: value}
    response = standin.ask("POST", ENTRIES, json.dumps(body).encode())
    assert response.status == 400
    assert [one["name"] for one in response.json()["fields"]] == [field]


def test_the_longest_name_and_description_are_taken(standin: StandIn, chains: list[bytes]) -> None:
    standin.upload(chains[0], "n" * 100, description="d" * 500)
    standin.upload(chains[1], "second", description=None)


def pem(key: Any, days: int = 100, digest: Any = None, signer: Any = None) -> str:
    """A self-signed CA certificate with this key that ends so many days from now."""
    now, name = datetime.now(timezone.utc), x509.Name.from_rfc4514_string("CN=Other")
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).serial_number(7)
    builder = builder.public_key(key.public_key()).not_valid_before(now - timedelta(days=1000))
    made = builder.not_valid_after(now + timedelta(days=days)).sign(signer or key, digest or hashes.SHA256())
    return made.public_bytes(Encoding.PEM).decode()


def unusable() -> Iterator[Any]:
    key = ec.generate_private_key(ec.SECP256R1())
    yield pytest.param(pem(key, days=-1), "expired", id="expired")
    yield pytest.param(pem(ec.generate_private_key(ec.SECP384R1())), "unsupported curve", id="curve")
    yield pytest.param(pem(rsa.generate_private_key(65537, 1024)), "too weak", id="weak")
    unlinked = pem(key) + RootAuthority("A").chain_pem.data.decode()
    yield pytest.param(unlinked, "not one chain", id="two roots")
    yield pytest.param(pem(key) + pem(key), "not one chain", id="two of one name")
    lone = RootAuthority("A").intermediate("B").chain[0].public_bytes(Encoding.PEM).decode()
    yield pytest.param(lone, "root to leaf", id="no root")


@pytest.mark.parametrize(("certificate", "words"), list(unusable()))
def test_a_chain_that_cannot_be_trusted_is_refused_with_the_reason(
    certificate: str, words: str, standin: StandIn
) -> None:
    fields = refused(standin, {"certificate": certificate, "name": "n", "service": "lwm2m"})
    assert words in fields["certificate"]


def test_a_chain_without_its_root_needs_a_signature_or_enrollment_mode(standin: StandIn) -> None:
    authority = RootAuthority("Top").intermediate("Low")
    key = load_pem_private_key(authority.private_key_pem.data, None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    signature = key.sign(standin.context.account.id.encode(), ec.ECDSA(hashes.SHA256()))
    lone = authority.chain[0].public_bytes(Encoding.PEM)
    entry = standin.upload(lone, "signed", signature=base64.b64encode(signature).decode())
    assert "signature" not in entry
    other = RootAuthority("Top 2").intermediate("Low 2").chain[0].public_bytes(Encoding.PEM)
    assert standin.upload(other, "enrolled", "bootstrap", enrollment_mode=True)["enrollment_mode"] is True


@pytest.mark.parametrize("field", ["name", "subject"])
def test_an_existing_certificate_is_a_conflict_even_in_the_other_service(
    field: str, standin: StandIn, chains: list[bytes]
) -> None:
    standin.upload(chains[0], "taken", "lwm2m")
    same_subject = field == "subject"
    body = {
        "certificate": chains[0 if same_subject else 1].decode(),
        "name": "new" if same_subject else "taken",
        "service": "bootstrap",
    }
    assert list(refused(standin, body, 409)) == [field]


def test_the_limit_of_a_developer_account_is_ten(standin: StandIn, chains: list[bytes]) -> None:
    account = replace(standin.context.account, tier=Tier.DEVELOPER)
    standin.context = replace(standin.context, account=account)
    entries = [standin.upload(chain, f"line {number}") for number, chain in enumerate(chains[:10])]
    body = {"certificate": chains[10].decode(), "name": "line 10", "service": "lwm2m"}
    assert refused(standin, body, 403) == {}
    shown = standin.ask("GET", "/v3/accounts/me", include="limits").json()
    assert (shown["tier"], shown["limits"]) == ("0", {"trusted_certificates": "10"})
    assert standin.ask("DELETE", f"{ENTRIES}/{entries[0]['id']}").status == 204
    standin.upload(chains[10], "line 10")


def test_an_entry_is_changed_field_by_field(standin: StandIn, chains: list[bytes]) -> None:
    entry, other = standin.upload(chains[0], "line 1"), standin.upload(chains[1], "line 2")
    path = f"{ENTRIES}/{entry['id']}"
    changed = standin.ask("PUT", path, {"status": "INACTIVE", "description": "stolen"}).json()
    expected = {"status": "INACTIVE", "description": "stolen", "etag": "2"}
    assert changed == {**entry, **expected, "updated_at": changed["updated_at"]}
    assert standin.ask("PUT", path, {"name": "line 1"}).status == 200  # its own name
    assert standin.ask("PUT", path, {"name": other["name"]}).status == 409
    assert standin.ask("PUT", path, {"certificate": chains[1].decode()}).status == 409
    assert standin.ask("PUT", path, {"certificate": "none"}).status == 400
    assert standin.ask("PUT", path, {"certificate": chains[2].decode()}).json()["subject"] == "CN=FCU 2"
    assert standin.ask("PUT", f"{ENTRIES}/{'0' * 32}", {}).status == 404


def test_the_certificate_that_an_entry_shows_may_be_sent_back_and_changes_nothing(
    standin: StandIn, chains: list[bytes]
) -> None:
    entry = standin.upload(chains[0], "line 1")
    sent = {"certificate": entry["certificate"], "description": "as the vendor's SDK does"}
    assert standin.ask("PUT", f"{ENTRIES}/{entry['id']}", sent).status == 200
    kept = standin.store.get("trusted-cert", entry["id"])
    assert kept is not None
    assert kept.hidden["chain"].encode() == chains[0]
    other = x509.load_pem_x509_certificate(chains[1]).public_bytes(Encoding.PEM).decode()
    assert standin.ask("PUT", f"{ENTRIES}/{entry['id']}", {"certificate": other}).status == 400


def test_a_deleted_entry_is_gone_and_its_name_is_free(standin: StandIn, chains: list[bytes]) -> None:
    entry = standin.upload(chains[0], "line 1")
    path = f"{ENTRIES}/{entry['id']}"
    assert standin.ask("DELETE", path).status == 204
    assert [standin.ask(method, path, {}).status for method in ("GET", "PUT", "DELETE")] == [404, 404, 404]
    assert standin.upload(chains[0], "line 1")["id"] != entry["id"]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_the_key_that_may_only_read_changes_nothing(method: str, standin: StandIn, chains: list[bytes]) -> None:
    entry = standin.upload(chains[0], "line 1")
    path = ENTRIES if method == "POST" else f"{ENTRIES}/{entry['id']}"
    reader = standin.context.account.reader_key
    assert standin.ask(method, path, {}, key=reader).status == 403
    assert documents(standin.ask("GET", ENTRIES, key=reader)) == [entry]


@pytest.mark.parametrize("order", ["ASC", "DESC"])
def test_pages_together_hold_every_entry_once(order: str, standin: StandIn, chains: list[bytes]) -> None:
    names = [standin.upload(chain, f"line {number}")["name"] for number, chain in enumerate(chains[:7])]
    found, query = [], {"limit": "3", "order": order}
    while True:
        page = standin.ask("GET", ENTRIES, **query).json()
        assert (page["object"], page["limit"], page["order"], page["total_count"]) == ("list", 3, order, 7)
        found += [entry["name"] for entry in page["data"]]
        if not page["has_more"]:
            break
        query["after"] = page["data"][-1]["id"]
    assert found == (names if order == "ASC" else names[::-1])


def test_a_page_goes_on_behind_an_entry_that_was_deleted_meanwhile(standin: StandIn, chains: list[bytes]) -> None:
    entries = [standin.upload(chain, f"line {number}") for number, chain in enumerate(chains[:4])]
    standin.ask("DELETE", f"{ENTRIES}/{entries[1]['id']}")
    rest = documents(standin.ask("GET", ENTRIES, after=entries[1]["id"]))
    assert [entry["name"] for entry in rest] == ["line 2", "line 3"]


@pytest.mark.parametrize(("limit", "used"), [("0", 2), ("-5", 2), ("1", 2), ("2", 2), ("1000", 1000), ("1001", 1000)])
def test_a_limit_out_of_range_is_set_to_the_closest(limit: str, used: int, standin: StandIn) -> None:
    assert standin.ask("GET", ENTRIES, limit=limit).json()["limit"] == used


@pytest.mark.parametrize(
    "query",
    [{"limit": "many"}, {"order": "asc"}, {"after": "0" * 32}, {"expire__eq": "soon"}, {"valid__eq": "1"},
     {"enrollment_mode__eq": "TRUE"}, {"device_execution_mode__neq": "1.5"}, {"limit": "9" * 30},
     {"expire__eq": str(2**31)}],
)  # fmt: skip
def test_a_parameter_that_cannot_be_read_is_refused(query: dict[str, str], standin: StandIn) -> None:
    response = standin.ask("GET", ENTRIES, **query)
    assert response.status == 400
    assert [field["name"] for field in response.json()["fields"]] == list(query)


@pytest.fixture
def filtered(standin: StandIn) -> StandIn:
    def short(name: str, years: int) -> Authority:
        return RootAuthority(name, profile=CaProfile(years=years))

    standin.upload(short("Alpha Root", 1).chain_pem.data, "alpha", "lwm2m")
    standin.upload(short("Beta Root", 20).chain_pem.data, "beta", "bootstrap", status="INACTIVE")
    standin.upload(
        short("Gamma", 20).intermediate("Gamma FCU").chain_pem.data, "gamma", "bootstrap", enrollment_mode=True
    )
    return standin


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"service__eq": "bootstrap"}, ["beta", "gamma"]),
        ({"status__eq": "INACTIVE"}, ["beta"]),
        ({"name__eq": "alpha"}, ["alpha"]),
        ({"name__eq": "alph"}, []),
        ({"subject__like": "cn=gAmma"}, ["gamma"]),
        ({"issuer__like": "ROOT"}, ["alpha", "beta"]),
        ({"enrollment_mode__eq": "true"}, ["gamma"]),
        ({"enrollment_mode__eq": "false", "status__eq": "ACTIVE"}, ["alpha"]),
        ({"expire__eq": "400"}, ["alpha"]),
        ({"expire__eq": "10"}, []),
        ({"expire__eq": str(2**31 - 1)}, ["alpha", "beta", "gamma"]),
        ({"valid__eq": "true"}, ["alpha", "beta", "gamma"]),
        ({"valid__eq": "false"}, []),
        ({"device_execution_mode__eq": "1"}, []),
        ({"device_execution_mode__neq": "1"}, ["alpha", "beta", "gamma"]),
    ],
)
def test_filters_let_through_what_they_describe(query: dict[str, str], names: list[str], filtered: StandIn) -> None:
    response = filtered.ask("GET", ENTRIES, **query)
    assert [entry["name"] for entry in documents(response)] == names
    assert response.json()["total_count"] == len(names)
