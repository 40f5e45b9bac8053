import asyncio
from typing import Any

import pytest
from sqlalchemy import update

from pegboard_accounts import UserChange
from pegboard_accounts.tables import SessionRow

pytestmark = pytest.mark.anyio


async def until_refused(people: Any, token: str) -> int:
    """The status once the news have come; on SQLite and in the same process that is at once."""
    for _ in range(1000):
        status = (await people.me(token)).status_code
        if status == 401:
            return 401
    return status


async def test_a_refresh_token_is_good_once_and_sent_twice_it_ends_its_session(make_people: Any) -> None:
    one, other = await make_people(), await make_people()
    first = await one.register()
    elsewhere = (await one.login()).json()
    second = (await other.refresh(first["refresh_token"])).json()
    assert second["refresh_token"] != first["refresh_token"]
    assert (await other.me(second["access_token"])).status_code == 200
    assert (await one.me(second["access_token"])).status_code == 200
    assert (await one.refresh(first["refresh_token"])).status_code == 401
    assert (await one.refresh(second["refresh_token"])).status_code == 401
    for people in (one, other):
        assert await until_refused(people, second["access_token"]) == 401
        assert (await people.me(elsewhere["access_token"])).status_code == 200


async def test_of_two_refreshes_at_once_one_wins_and_the_session_ends(people: Any) -> None:
    made = await people.register()
    answers = await asyncio.gather(*(people.refresh(made["refresh_token"]) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 401, 401, 401]
    (won,) = [answer.json() for answer in answers if answer.status_code == 200]
    assert (await people.me(won["access_token"])).status_code == 401


async def test_within_the_grace_time_the_second_is_only_refused(make_people: Any) -> None:
    people = await make_people(refresh_grace=60)
    made = await people.register()
    answers = await asyncio.gather(*(people.refresh(made["refresh_token"]) for _ in range(2)))
    assert sorted(answer.status_code for answer in answers) == [200, 401]
    (won,) = [answer.json() for answer in answers if answer.status_code == 200]
    assert (await people.refresh(won["refresh_token"])).status_code == 200


async def test_logging_out_ends_one_session_in_every_process(make_people: Any) -> None:
    one, other = await make_people(), await make_people()
    ends, stays = await one.register(), (await one.login()).json()
    assert (await other.me(ends["access_token"])).status_code == 200
    assert (await one.http.post("/api/v1/auth/logout", headers=one.bearer(ends["access_token"]))).status_code == 204
    assert await until_refused(one, ends["access_token"]) == 401
    assert await until_refused(other, ends["access_token"]) == 401
    assert (await other.refresh(ends["refresh_token"])).status_code == 401
    assert (await other.me(stays["access_token"])).status_code == 200


async def test_logging_out_everywhere_ends_all_of_them(people: Any) -> None:
    signed = [await people.register(), (await people.login()).json(), (await people.login()).json()]
    other = await people.register("bob")
    headers = people.bearer(signed[0]["access_token"])
    assert (await people.http.post("/api/v1/auth/logout-all", headers=headers)).status_code == 204
    for session in signed:
        assert (await people.me(session["access_token"])).status_code == 401
        assert (await people.refresh(session["refresh_token"])).status_code == 401
    assert (await people.me(other["access_token"])).status_code == 200


async def test_a_member_who_is_shut_out_is_out_at_once_with_his_keys(make_people: Any) -> None:
    one, other = await make_people(), await make_people()
    await one.register_admin()
    made = await one.register_admin("ann")
    user = made["user"]
    caller = (await one.accounts.recognise(made["access_token"]))[1]
    key = (await one.accounts.create_key(caller, "robot", ["widgets:read"])).key
    for people in (one, other):
        assert (await people.http.get("/whoami", headers={"X-API-Key": key})).json()["id"] == user["id"]
        assert (await people.me(made["access_token"])).status_code == 200
    await one.accounts.set_active("default", user["id"], False, by=one.operator)
    for people in (one, other):
        assert await until_refused(people, made["access_token"]) == 401
        assert (await people.http.get("/whoami", headers={"X-API-Key": key})).status_code == 401
        assert (await people.refresh(made["refresh_token"])).status_code == 401
        assert (await people.login()).status_code == 401


async def test_a_new_role_counts_for_tokens_and_keys_that_are_out(people: Any) -> None:
    await people.register_admin()
    made = await people.register_admin("ann")
    caller = (await people.accounts.recognise(made["access_token"]))[1]
    assert caller.roles == {"admin"}
    key = (await people.accounts.create_key(caller, "robot", ["*"])).key
    assert (await people.http.get("/whoami", headers={"X-API-Key": key})).status_code == 200
    await people.accounts.set_role("default", made["user"]["id"], "user", by=people.operator)
    caller = (await people.accounts.recognise(made["access_token"]))[1]
    assert (caller.roles, caller.scopes) == ({"user"}, frozenset())
    assert (await people.http.get("/whoami", headers={"X-API-Key": key})).status_code == 403


async def test_a_session_ends_in_its_own_time_however_often_it_is_refreshed(people: Any) -> None:
    made = await people.register()
    async with people.store.begin() as session:
        await session.execute(update(SessionRow).values(expires_at=SessionRow.created_at))
    assert (await people.refresh(made["refresh_token"])).status_code == 401
    assert (await people.login()).status_code == 200


async def test_a_remembered_token_costs_no_row(people: Any) -> None:
    from sqlalchemy import text

    made = await people.register()
    recognised = await people.accounts.recognise(made["access_token"])
    async with people.store.begin() as session:
        await session.execute(text("ALTER TABLE accounts_sessions RENAME TO accounts_gone"))
    assert await people.accounts.recognise(made["access_token"]) == recognised
    async with people.store.begin() as session:
        await session.execute(text("ALTER TABLE accounts_gone RENAME TO accounts_sessions"))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_new_password_of_ones_own_leaves_only_this_session(people: Any) -> None:
    made, elsewhere = await people.register(), (await people.login()).json()
    caller = (await people.accounts.recognise(made["access_token"]))[1]
    change = UserChange(password="another password")
    await people.accounts.update_user(caller, caller.id, change, current_password="correct horse battery")
    assert (await people.me(made["access_token"])).status_code == 200
    assert (await people.me(elsewhere["access_token"])).status_code == 401
    assert (await people.login(password="another password")).status_code == 200
