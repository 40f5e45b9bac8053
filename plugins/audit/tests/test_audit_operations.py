"""Each operation of the other plugins has one entry, in the same transaction, in which no secret can be seen."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import structlog

from pegboard_accounts import Accounts

pytestmark = pytest.mark.anyio

SECRETS = {
    "header": "header-0123456789",
    "param": "param-0123456789",
    "user": "user-0123456789",
    "query": "query-0123456789",
    "source": "source-0123456789",
    "new": "new-0123456789",
}
SOURCE = f"API_TOKEN = '{SECRETS['source']}'\n\ndef process_data(data, request, user):\n    return data"
SECRET_DATA = {
    "headers": {"Authorization": f"Bearer {SECRETS['header']}", "X-Plain": "seen-0123456789"},
    "params": {"api_key": SECRETS["param"]},
    "logic": SOURCE,
}
SECRET_URL = f"http://upstream.example/sales?token={SECRETS['query']}"


@pytest.fixture
def logs() -> Iterator[list[Any]]:
    """What is logged, kept: printing the trace of a failure with all its values takes seconds."""
    with structlog.testing.capture_logs() as kept:
        yield kept


def by_place(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {change["pointer"]: change for change in entry["changes"]}


async def test_a_widget_that_is_made_changed_and_deleted_has_three_entries(shop: Any) -> None:
    widget = await shop.save(description="first")
    path = f"/public/widgets/{widget['id']}"
    changed = await shop.call("PATCH", path, json={"description": "second"}, headers={"X-Request-ID": "req-12345"})
    assert changed.status_code == 200, changed.text
    assert (await shop.call("DELETE", path)).status_code == 204
    deleted, updated, created = await shop.entries()
    assert [entry["action"] for entry in (created, updated, deleted)] == [
        "widgets.create",
        "widgets.update",
        "widgets.delete",
    ]
    assert {entry["object"]["type"] + " " + entry["object"]["id"] for entry in (created, updated, deleted)} == {
        f"widget {widget['id']}"
    }
    assert (updated["address"], updated["requestId"], updated["actor"]["id"]) == ("127.0.0.1", "req-12345", "u1")
    assert updated["changes"] == [{"pointer": "/description", "before": "first", "after": "second"}]
    assert by_place(created)["/description"] == {"pointer": "/description", "after": "first"}
    assert by_place(deleted)["/description"] == {"pointer": "/description", "before": "second"}


async def test_what_is_refused_or_only_read_has_no_entry(shop: Any) -> None:
    widget = await shop.save(path=f"/e/{shop.tenant}/all")
    before = await shop.entries()
    path = f"/public/widgets/{widget['id']}"
    answers = [
        await shop.call("POST", "/public/widgets", json={"name": "x"}),
        await shop.call("POST", "/public/widgets", json=shop.draft(path=f"/e/{shop.tenant}/all")),
        await shop.of("other").call("POST", "/public/widgets", json=shop.draft(path=f"/e/{shop.tenant}/all")),
        await shop.call("POST", "/public/widgets", "widgets:read", json=shop.draft()),
        await shop.of("other").call("PATCH", path, json={"name": "mine"}),
        await shop.of("other").call("DELETE", path),
        await shop.call("GET", path),
    ]
    assert [answer.status_code for answer in answers] == [422, 409, 409, 403, 404, 404, 200]
    assert await shop.entries() == before
    assert len(await shop.entries()) == 1


async def test_an_entry_is_the_tenants_whose_object_it_is(shop: Any) -> None:
    await shop.save(name="Mine")
    other = await shop.of(f"{shop.tenant}-2").save(name="Theirs")
    [entry] = await shop.of(f"{shop.tenant}-2").entries()
    assert (entry["object"]["id"], entry["tenant"]) == (other["id"], f"{shop.tenant}-2")
    assert len(await shop.entries()) == 1


async def test_no_row_of_the_log_holds_a_secret(shop: Any) -> None:
    widget = await shop.save(data=SECRET_DATA, endpoint=SECRET_URL)
    path = f"/public/widgets/{widget['id']}"
    for patch in (
        {"endpoint_data": {"headers": {"Authorization": f"Bearer {SECRETS['new']}"}}},
        {"endpoint": "http://upstream.example/", "endpoint_data": {"params": {}}},
    ):
        answer = await shop.call("PATCH", path, json=patch)
        assert answer.status_code == 200, answer.text
    made = (await shop.call("POST", "/api/v1/keys", json={"name": "robot", "scopes": ["*"]})).json()
    assert (await shop.call("DELETE", f"/api/v1/keys/{made['record']['id']}")).status_code == 204
    assert (await shop.call("DELETE", path)).status_code == 204
    rows = [str(row) for row in await shop.rows() if row.tenant == shop.tenant]
    seen = [*rows, json.dumps(await shop.entries()), (await shop.call("GET", "/api/v1/audit/export")).text]
    kept = await shop.sql("SELECT credentials FROM endpoints_widgets WHERE credentials <> ''")
    envelopes = [str(row.credentials) for row in kept]
    assert len(rows) == 6
    assert any("seen-0123456789" in row for row in rows)
    for hidden in (*SECRETS.values(), made["key"], made["key"].rpartition("_")[2], *envelopes, "pv1."):
        assert [text for text in seen if hidden in text] == [], hidden


async def test_a_credential_that_changes_is_told_and_one_that_stays_is_not(shop: Any) -> None:
    widget = await shop.save(data=SECRET_DATA)
    path = f"/public/widgets/{widget['id']}"
    await shop.call("PATCH", path, json={"name": "Other"})
    again = {"Authorization": f"Bearer {SECRETS['new']}", "X-Plain": "seen-0123456789"}
    await shop.call("PATCH", path, json={"endpoint_data": {"headers": again}})
    second, first, created = await shop.entries()
    assert [change["pointer"] for change in first["changes"]] == ["/name"]
    assert second["changes"] == [{"pointer": "/credentials", "before": "***", "after": "***", "masked": True}]
    assert by_place(created)["/credentials"] == {"pointer": "/credentials", "after": "***", "masked": True}


async def test_a_key_that_is_made_and_revoked_has_two_entries(shop: Any) -> None:
    made = (await shop.call("POST", "/api/v1/keys", json={"name": "robot", "scopes": ["widgets:read"]})).json()
    id = made["record"]["id"]
    assert (await shop.call("DELETE", f"/api/v1/keys/{id}")).status_code == 204
    refused = await shop.call("POST", "/api/v1/keys", "keys:write", json={"name": "more", "scopes": ["*"]})
    assert refused.status_code == 403
    revoked, created = await shop.entries()
    assert [(entry["action"], entry["object"]) for entry in (created, revoked)] == [
        ("keys.create", {"type": "key", "id": id}),
        ("keys.revoke", {"type": "key", "id": id}),
    ]
    assert by_place(created)["/scopes"]["after"] == ["widgets:read"]
    assert [change["pointer"] for change in revoked["changes"]] == ["/revoked_at"]
    assert (revoked["address"], len(revoked["requestId"]) >= 8) == ("127.0.0.1", True)


async def test_the_first_key_is_made_by_the_app_itself_and_taken_back_where_nobody_saw_it(app_with: Any) -> None:
    async with app_with("accounts", "audit", "callers", "store", public_url="http://127.0.0.1:8000") as desk:
        [created] = await desk.of("default").entries()
        assert (created["action"], created["actor"]["id"], created["address"]) == ("keys.create", "system", "")
    async with app_with("accounts", "audit", "callers", "store") as desk:
        assert [entry["action"] for entry in await desk.of("default").entries()] == ["keys.delete", "keys.create"]


@pytest.mark.usefixtures("logs")
async def test_a_change_that_the_log_cannot_keep_does_not_take_place(shop: Any) -> None:
    await shop.sql("ALTER TABLE audit_entries RENAME TO audit_entries_elsewhere")
    try:
        assert (await shop.call("POST", "/public/widgets", json=shop.draft())).status_code == 500
        key = {"name": "robot", "scopes": ["*"]}
        assert (await shop.call("POST", "/api/v1/keys", json=key)).status_code == 500
    finally:
        await shop.sql("ALTER TABLE audit_entries_elsewhere RENAME TO audit_entries")
    assert (await shop.call("GET", "/public/widgets")).json()["pagination"]["total_items"] == 0
    assert (await shop.call("GET", "/api/v1/keys")).json()["pagination"]["total_items"] == 0
    assert await shop.entries() == []


@pytest.mark.usefixtures("logs")
async def test_a_change_that_fails_after_its_entry_takes_the_entry_with_it(app_with: Any) -> None:
    """The row of a new key is written when the transaction ends; here the database then refuses it."""
    async with app_with("accounts", "audit", "callers", "store") as desk:
        await desk.sql("CREATE UNIQUE INDEX one_key_of_a_name ON accounts_keys (name)")
        key = {"name": "robot", "scopes": ["*"]}
        answers = [await desk.call("POST", "/api/v1/keys", json=key) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [201, 500]
        assert [entry["object"]["id"] for entry in await desk.entries()] == [answers[0].json()["record"]["id"]]


async def test_without_the_plugin_all_goes_on_and_nothing_is_kept(app_with: Any) -> None:
    names = ("accounts", "callers", "egress", "endpoints", "sandbox-process", "sandbox-restricted", "store", "vault")
    async with app_with(*names) as desk:
        widget = await desk.save()
        path = f"/public/widgets/{widget['id']}"
        assert (await desk.call("PATCH", path, json={"name": "Other"})).json()["name"] == "Other"
        made = await desk.call("POST", "/api/v1/keys", json={"name": "robot", "scopes": ["*"]})
        assert made.status_code == 201
        assert (await desk.services.get(Accounts).revoke_key("acme", made.json()["record"]["id"])).revoked_at
        assert (await desk.call("DELETE", path)).status_code == 204
        assert (await desk.call("GET", "/api/v1/audit")).status_code == 404
