from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text, update
from starlette.authentication import AuthenticationError

from pegboard import Notices, Principal, Problem, StartupError
from pegboard.testing import Client, client
from pegboard_accounts import Accounts
from pegboard_accounts.memory import Known
from pegboard_accounts.tables import Base, KeyRow
from pegboard_accounts.testing import key_headers
from pegboard_store import Migrations, Store, testing

pytestmark = pytest.mark.anyio


def accounts_of(http: Client) -> Accounts:
    return http.app.state.board.services.get(Accounts)  # type: ignore[attr-defined]


def store_of(http: Client) -> Store:
    return http.app.state.board.services.get(Store)  # type: ignore[attr-defined]


async def refused(http: Client, headers: dict[str, str]) -> dict[str, object]:
    answer = await http.get("/whoami", headers=headers)
    assert answer.status_code == 401
    return answer.json()


async def test_the_migrations_make_the_tables(database_url: str) -> None:
    line = Migrations("accounts", "API keys", package="pegboard_accounts.migrations")
    await testing.check_migrations(database_url, line, Base.metadata)


async def test_a_key_is_recognised_in_its_header_and_as_bearer_token(http: Client, ann: Principal) -> None:
    made = await accounts_of(http).create_key(ann, "laptop", ["widgets:read"])
    expected = {
        "id": "ann",
        "tenant": "default",
        "username": "Ann",
        "email": "ann@example.com",
        "scopes": ["widgets:read"],
        "credential": made.record.id,
    }
    for headers in ({"X-API-Key": made.key}, {"Authorization": f"Bearer {made.key}"}):
        for _ in range(2):
            assert (await http.get("/whoami", headers=headers)).json() == expected


async def test_another_header_may_be_chosen(make_app, ann: Principal) -> None:
    async with client(make_app(header="X-Token")) as http:
        made = await accounts_of(http).create_key(ann, "laptop", ["widgets:read"])
        assert (await http.get("/whoami", headers={"X-Token": made.key})).status_code == 200
        assert (await http.get("/whoami", headers={"X-API-Key": made.key})).status_code == 401


async def test_other_schemes_than_bearer_are_not_ours(http: Client) -> None:
    answer = await refused(http, {"Authorization": "Basic YTpi"})
    assert answer["detail"] == "send a credential"


async def test_whatever_is_wrong_with_a_key_is_told_in_the_same_words(http: Client, ann: Principal) -> None:
    accounts = accounts_of(http)
    good, revoked, expired = [(await accounts.create_key(ann, name, ["*"])) for name in ("good", "revoked", "expired")]
    await accounts.revoke_key("default", revoked.record.id)
    async with store_of(http).begin() as session:
        past = datetime.now(UTC) - timedelta(seconds=1)
        await session.execute(update(KeyRow).where(KeyRow.id == expired.record.id).values(expires_at=past))
    wrong_secret = good.key[:-1] + ("a" if good.key[-1] != "a" else "b")
    unknown = good.key.replace(good.record.prefix, "zzzzzzzzzz")
    texts = [revoked.key, expired.key, wrong_secret, unknown, "pk_", "", "x" * 5000, "ü"]
    bodies = [await refused(http, {"X-API-Key": text.encode()}) for text in texts]  # type: ignore[dict-item]
    assert {body["detail"] for body in bodies} == {"the key is not valid"}
    assert (await http.get("/whoami", headers={"X-API-Key": good.key})).status_code == 200


async def test_a_key_is_refused_from_the_moment_it_expires_even_if_it_is_remembered(
    http: Client, ann: Principal
) -> None:
    soon = datetime.now(UTC) + timedelta(seconds=0.3)
    made = await accounts_of(http).create_key(ann, "short", ["*"], soon)
    statuses = {(await http.get("/whoami", headers={"X-API-Key": made.key})).status_code}
    while datetime.now(UTC) <= soon:
        await http.get("/whoami", headers={"X-API-Key": made.key})
    statuses.add((await http.get("/whoami", headers={"X-API-Key": made.key})).status_code)
    assert statuses == {200, 401}


async def test_a_revoked_key_is_refused_at_once_in_another_app_over_the_same_database(make_app, ann: Principal) -> None:
    async with client(make_app()) as one, client(make_app()) as other:
        made = await accounts_of(one).create_key(ann, "shared", ["*"])
        headers = {"X-API-Key": made.key}
        assert (await other.get("/whoami", headers=headers)).status_code == 200
        await accounts_of(one).revoke_key("default", made.record.id)
        assert (await one.get("/whoami", headers=headers)).status_code == 401
        if store_of(one).dialect == "sqlite":
            assert (await other.get("/whoami", headers=headers)).status_code == 401
        else:
            statuses = []
            while 401 not in statuses and len(statuses) < 1000:
                statuses.append((await other.get("/whoami", headers=headers)).status_code)
            assert statuses[-1] == 401


async def test_a_remembered_key_costs_no_row(http: Client, ann: Principal) -> None:
    made = await accounts_of(http).create_key(ann, "fast", ["*"])
    headers = {"X-API-Key": made.key}
    assert (await http.get("/whoami", headers=headers)).status_code == 200
    async with store_of(http).begin() as session:
        await session.execute(text("ALTER TABLE accounts_keys RENAME TO accounts_gone"))
    assert (await http.get("/whoami", headers=headers)).status_code == 200
    async with store_of(http).begin() as session:
        await session.execute(text("ALTER TABLE accounts_gone RENAME TO accounts_keys"))


async def test_a_key_is_known_without_a_look_up_from_its_first_use_until_it_is_revoked(
    http: Client, ann: Principal
) -> None:
    accounts = accounts_of(http)
    made = await accounts.create_key(ann, "laptop", ["*"])
    recognised = await accounts.recognise_key(made.key)
    known = accounts.recognise_key(made.key)
    assert isinstance(known, Known)
    assert await known == recognised
    await accounts.revoke_key("default", made.record.id)
    with pytest.raises(AuthenticationError):
        await accounts.recognise_key(made.key)


async def test_only_so_many_keys_are_remembered(make_app, ann: Principal) -> None:
    async with client(make_app(cache=2)) as http:
        keys = [(await accounts_of(http).create_key(ann, str(n), ["*"])).key for n in range(5)]
        for key in keys * 2:
            assert (await http.get("/whoami", headers={"X-API-Key": key})).status_code == 200
        memory = accounts_of(http)._memory
        assert len(memory._verified) == 2
        assert sum(map(len, memory._digests.values())) == 4  # each under its own id and its user's


async def test_neither_the_secret_nor_its_digest_can_be_read_from_the_database(http: Client, ann: Principal) -> None:
    made = await accounts_of(http).create_key(ann, "laptop", ["*"])
    secret = made.key.rpartition("_")[2]
    async with store_of(http).read() as session:
        row = (await session.execute(text("SELECT * FROM accounts_keys"))).mappings().one()
    assert secret not in repr(dict(row))
    assert secret not in repr(made)


async def test_the_time_of_last_use_is_written_at_most_once_a_minute(http: Client, ann: Principal) -> None:
    accounts = accounts_of(http)
    made = await accounts.create_key(ann, "laptop", ["*"])

    async def last_used() -> datetime | None:
        return (await accounts.list_keys("default")).data[0].last_used_at

    assert await last_used() is None
    before = datetime.now(UTC)
    await http.get("/whoami", headers={"X-API-Key": made.key})
    await accounts.write_usage()
    first = await last_used()
    assert first is not None
    assert before <= first <= datetime.now(UTC)
    await http.get("/whoami", headers={"X-API-Key": made.key})
    await accounts.write_usage()
    assert await last_used() == first


async def test_what_was_used_is_written_when_the_app_stops(make_app, ann: Principal) -> None:
    async with client(make_app()) as http:
        headers = await key_headers(http.app, "widgets:read")  # type: ignore[arg-type]
        await http.get("/whoami", headers=headers)
    async with client(make_app()) as http:
        assert (await accounts_of(http).list_keys("default")).data[0].last_used_at is not None


@pytest.mark.parametrize(
    ("scopes", "status"),
    [
        (["widgets:read"], 201),
        (["widgets:write", "keys:write"], 201),
        (["widgets:delete"], 403),
        (["widgets:*"], 403),
        (["*"], 403),
        (["keys:delete"], 403),
        (["jobs:read"], 403),
        ([], 422),
        (["Widgets Read"], 422),
    ],
)
async def test_a_key_grants_no_more_than_its_maker_has(http: Client, scopes: list[str], status: int) -> None:
    headers = await key_headers(http.app, "widgets:write", "keys:write")  # type: ignore[arg-type]
    answer = await http.post("/api/v1/keys", headers=headers, json={"name": "new", "scopes": scopes})
    assert answer.status_code == status, answer.text


async def test_a_key_is_made_used_listed_and_revoked_over_http(http: Client) -> None:
    headers = await key_headers(http.app)  # type: ignore[arg-type]
    asked = {"name": "robot", "scopes": ["widgets:read"], "expires_at": "2099-01-01T00:00:00Z"}
    made = (await http.post("/api/v1/keys", headers=headers, json=asked)).json()
    key = made["record"]
    assert (key["name"], key["scopes"], key["user"]["id"]) == ("robot", ["widgets:read"], "ann")
    assert made["key"].startswith(f"pk_{key['prefix']}_")
    robot = {"X-API-Key": made["key"]}
    assert (await http.get("/whoami", headers=robot)).status_code == 200
    assert (await http.get("/api/v1/keys", headers=robot)).status_code == 403
    listed = await http.get("/api/v1/keys?sort=name:asc", headers=headers)
    assert [item["name"] for item in listed.json()["data"]] == ["robot", "test"]
    assert made["key"].rpartition("_")[2] not in listed.text
    assert "digest" not in listed.text
    for _ in range(2):
        assert (await http.delete(f"/api/v1/keys/{key['id']}", headers=headers)).status_code == 204
    await refused(http, robot)
    states = {
        item["name"]: item["revoked_at"] for item in (await http.get("/api/v1/keys", headers=headers)).json()["data"]
    }
    assert states["robot"] is not None
    assert states["test"] is None


async def test_a_time_in_the_past_is_refused_as_expiry(http: Client) -> None:
    headers = await key_headers(http.app)  # type: ignore[arg-type]
    asked = {"name": "late", "scopes": ["*"], "expires_at": "2020-01-01T00:00:00Z"}
    answer = await http.post("/api/v1/keys", headers=headers, json=asked)
    assert answer.status_code == 422
    assert answer.json()["errors"] == [{"detail": "must be in the future", "pointer": "/expires_at"}]


async def test_keys_of_another_tenant_do_not_exist(http: Client) -> None:
    ours = await key_headers(http.app, tenant="ours")  # type: ignore[arg-type]
    theirs = await key_headers(http.app, tenant="theirs")  # type: ignore[arg-type]
    listed = (await http.get("/api/v1/keys", headers=ours)).json()
    assert listed["pagination"]["total_items"] == 1
    answer = await http.delete(f"/api/v1/keys/{listed['data'][0]['id']}", headers=theirs)
    assert answer.status_code == 404
    assert (await http.get("/whoami", headers=ours)).json()["tenant"] == "ours"


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
async def test_each_route_needs_its_own_scope(http: Client, method: str) -> None:
    headers = await key_headers(http.app, "widgets:admin")  # type: ignore[arg-type]
    path = "/api/v1/keys/key_x" if method == "DELETE" else "/api/v1/keys"
    assert (await http.request(method, path, headers=headers, json={})).status_code == 403
    assert (await http.request(method, path)).status_code == 401


async def test_the_key_of_the_environment_may_do_everything(make_app) -> None:
    async with client(make_app(api_key="a-very-long-secret")) as http:
        answer = await http.get("/whoami", headers={"X-API-Key": "a-very-long-secret"})
        assert (answer.json()["scopes"], answer.json()["credential"]) == (["*"], "API_KEY")
        bearer = {"Authorization": "Bearer a-very-long-secret"}
        assert (await http.get("/api/v1/keys", headers=bearer)).status_code == 200
        await refused(http, {"X-API-Key": "a-very-long-secre"})


def test_a_key_that_no_header_can_carry_is_refused_without_showing_it(make_app) -> None:
    with pytest.raises(StartupError, match="api_key: must be ASCII without spaces") as caught:
        make_app(api_key="schlüssel zum glück")
    assert "glück" not in str(caught.value)


async def test_a_first_start_that_serves_makes_one_key_and_shows_it_once(make_app) -> None:
    async with client(make_app("http://127.0.0.1:8000")) as http:
        notices = http.app.state.board.notices  # type: ignore[attr-defined]
        assert isinstance(notices, Notices)
        notice = next(notice for notice in notices.take() if notice.title == "API key")
        assert notices.key == notice.text
        assert (await http.get("/whoami", headers={"X-API-Key": notice.text})).json()["scopes"] == ["*"]
    async with client(make_app("http://127.0.0.1:8000")) as http:
        notices = http.app.state.board.notices  # type: ignore[attr-defined]
        (told,) = notices.take()
        assert notices.key == "$PEGBOARD_KEY"
        assert "PEGBOARD_KEY" in told.text
        assert "pk_" not in told.text


async def test_a_first_key_that_nobody_was_shown_is_taken_back(make_app) -> None:
    for _ in range(2):
        async with client(make_app("http://127.0.0.1:8000")) as http:
            assert (await accounts_of(http).list_keys("default")).pagination.total_items == 1
    async with client(make_app()) as http:
        assert (await accounts_of(http).list_keys("default")).data == []


@pytest.mark.parametrize("settings", [{"public_url": ""}, {"public_url": "http://x", "api_key": "a-very-long-secret"}])
async def test_no_first_key_is_made_where_none_is_needed(make_app, settings: dict[str, str]) -> None:
    async with client(make_app(**settings)) as http:
        assert (await accounts_of(http).list_keys("default")).data == []


async def test_an_unknown_key_is_a_404(http: Client) -> None:
    with pytest.raises(Problem) as caught:
        await accounts_of(http).revoke_key("default", "key_none")
    assert (caught.value.status, caught.value.code) == (404, "key-not-found")


async def test_a_key_without_scopes_is_its_maker_where_no_scope_is_needed(http: Client, ann: Principal) -> None:
    made = await http.app.state.board.services.get(Accounts).create_key(ann, "plain", ())
    headers = {"X-API-Key": made.key}
    assert made.record.scopes == ()
    assert (await http.get("/whoami", headers=headers)).status_code == 403
    assert (await http.get("/api/v1/tenants", headers=headers)).status_code == 200
