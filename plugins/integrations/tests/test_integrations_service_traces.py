"""What is left behind: audit entries for what was done, and no credential anywhere."""

import asyncio
import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import inspect, text

import pegboard_audit
from pegboard.testing import answer
from pegboard_store import Store
from pegboard_vault.testing import check_sealed

pytestmark = pytest.mark.anyio

SENT = ("s3cret-key-of-the-api", "t0ken-in-a-header", "par4meter-key")
"""What the API is sent, and may say in its answers."""
SECRETS = (*SENT, "wh_secret_abc123", "n3w-key-of-the-api")


@contextmanager
def logged() -> Iterator[io.StringIO]:
    """Everything that is logged, of all levels."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    logging.root.addHandler(handler)
    try:
        yield stream
    finally:
        logging.root.removeHandler(handler)


async def everything(store: Store) -> str:
    """All rows of all tables."""
    async with store.read() as session:
        connection = await session.connection()
        names = await connection.run_sync(lambda sync: inspect(sync).get_table_names())
        rows = [(name, (await session.execute(text(f'SELECT * FROM "{name}"'))).all()) for name in names]
    assert any(name == "integrations_traces" and found for name, found in rows)
    return str(rows)


async def test_no_credential_is_in_an_answer_a_log_a_row_or_a_trace(app_with: Any, capsys: Any) -> None:
    answers: list[str] = []
    with logged() as log:
        async with app_with(plugins={"audit": pegboard_audit}) as desk:

            async def call(method: str, path: str = "", **more: Any) -> Any:
                answered = await desk.call(method, path, **more)
                answers.append(answered.text + str(answered.headers))
                return answered

            await desk.shard_type()
            params = [{"name": "api_key", "required": True, "type": "string", "value": "par4meter-key"}]
            params[0]["valueSource"] = "static"
            endpoint = desk.contacts(queryParams=params)
            hook = {"webhookSecret": "wh_secret_abc123", "eventRouting": []}
            headers = {"X-Session-Token": "t0ken-in-a-header"}
            given = desk.definition(endpoints=[endpoint], defaultHeaders=headers, webhookConfig=hook)
            made = (await call("POST", json=given)).json()
            id_ = made["id"]
            await call("GET", id_)
            await call("PATCH", id_, json={"status": "active"})
            desk.upstream.on(f"/{desk.root}/contacts", echo)
            await call("POST", f"{id_}/test")
            await call("POST", f"{id_}/test/contacts", json={})
            await call("POST", f"{id_}/execute/contacts", json={})
            run = (await call("POST", f"{id_}/sync", json={"endpointId": "contacts"})).json()["id"]
            assert (await desk.ended(made, run))["run"]["failed"] == 1
            await call("GET", f"{id_}/runs/{run}")
            desk.upstream.on(f"/{desk.root}/contacts", answer(500, text=" ".join(SENT)))
            await call("PATCH", id_, json={"retryConfig": {"maxRetries": 0, "retryDelay": 1, "retryOn": []}})
            failed = (await call("POST", f"{id_}/sync", json={"endpointId": "contacts"})).json()["id"]
            assert (await desk.ended(made, failed))["run"]["status"] == "failed"
            await call("GET", f"{id_}/runs/{failed}")
            await call("PATCH", id_, json={"auth": {"keyValue": "n3w-key-of-the-api"}})
            await call("GET", "/api/v1/audit")
            rows = await everything(desk.client.app.state.board.services.get(Store))
    captured = capsys.readouterr()
    for secret in SECRETS:
        for where, seen in (
            ("answer", "".join(answers)),
            ("log", log.getvalue() + captured.out + captured.err),
            ("row", rows),
        ):
            assert secret not in seen, f"{secret} in {where}: …{seen[max(0, seen.find(secret) - 200) :][:300]}"


def echo(received: Any) -> Any:
    """An API that says what it was sent, in a record that cannot be stored."""
    key = received.headers["x-api-key"]
    record = {"id": 1, "full_name": ["wrong"], "mail": f"{key} {received.query['api_key']}"}
    return answer(json={"items": [record], "more": False}, headers={"X-Echo": key})


async def test_each_operation_has_one_audit_entry(app_with: Any) -> None:
    async with app_with(plugins={"audit": pegboard_audit}) as desk:
        made = await desk.active()
        desk.serve_contacts(1)
        await desk.call("POST", f"{made['id']}/test/contacts", json={})
        await desk.call("POST", f"{made['id']}/execute/contacts", json={"createShards": True})
        await desk.sync(made)
        await desk.call("PATCH", made["id"], json={"auth": {"keyValue": "another"}})
        refused = await desk.call("PATCH", made["id"], json={"timeout": 1})
        assert refused.status_code == 422
        await desk.call("DELETE", made["id"])
        entries = (await desk.call("GET", "/api/v1/audit?limit=50")).json()["entries"]
        own = [one for one in entries if one["action"].startswith("integrations.")]
        assert [one["action"].removeprefix("integrations.") for one in reversed(own)] == [
            "create",
            "update",
            "test",
            "execute",
            "sync",
            "update",
            "delete",
        ]
        assert {str(one).count(made["id"]) > 0 for one in own} == {True}


async def test_a_next_link_with_a_credential_in_it_is_stored_sealed(app_with: Any) -> None:
    async with app_with() as desk:
        auth = {"type": "api_key", "keyName": "api_key", "keyLocation": "query", "keyValue": "s3cret-key-of-the-api"}
        paging = {"type": "link", "nextLinkPath": "$.next", "endCondition": {"type": "cursor_null"}}
        made = await desk.active(auth=auth, endpoints=[desk.contacts(pagination=paging)])
        path, gate = f"/{desk.root}/contacts", asyncio.Event()
        link = f"{desk.upstream.url}{path}?after=1&api_key=s3cret-key-of-the-api"
        first = answer(json={"items": [desk.contact(1)], "next": link})
        last = answer(json={"items": [desk.contact(2)], "next": None}, until=gate)
        desk.upstream.on(path, lambda received: last if "after" in received.query else first)
        run = (await desk.call("POST", f"{made['id']}/sync", json={"endpointId": "contacts"})).json()["id"]
        await desk.came_to(made, run, 1)
        services = desk.client.app.state.board.services
        seen = await desk.call("GET", f"{made['id']}/runs/{run}")
        assert seen.json()["run"]["checkpoint"] == "***"
        await check_sealed(services, "integration-runs")
        assert "s3cret" not in seen.text + await everything(services.get(Store))
        gate.set()
        assert (await desk.ended(made, run))["run"]["created"] == 2
        assert desk.upstream.received(path)[-1].query["api_key"] == "s3cret-key-of-the-api"
