import asyncio
import statistics
import time
from typing import Any

import bcrypt
import pytest
from sqlalchemy import select, update

from pegboard.testing import client
from pegboard_accounts.tables import UserRow

pytestmark = pytest.mark.anyio


async def test_a_user_registers_signs_in_and_is_known(people: Any) -> None:
    made = await people.register(first_name="Ann")
    assert made["token_type"] == "bearer"
    assert {"id", "email", "username", "role", "is_active", "is_verified"} <= made["user"].keys()
    assert (made["user"]["email"], made["user"]["role"], made["user"]["is_verified"]) == (
        "ann@example.com",
        "user",
        False,
    )
    signed = (await people.login()).json()
    assert signed["user"]["last_login"] is not None
    for token in (made["access_token"], signed["access_token"]):
        found = (await people.me(token)).json()
        assert (found["id"], found["first_name"], found["tenant"]) == (made["user"]["id"], "Ann", "default")
    assert "password" not in made["user"]


async def test_the_address_is_compared_without_case(people: Any) -> None:
    await people.register("ann", email="Ann@Example.COM")
    assert (await people.login()).status_code == 200
    again = {"email": "ANN@example.com", "password": "correct horse battery"}
    answer = await people.http.post("/api/v1/auth/register", json=again)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (409, "/email")


async def test_nobody_gives_himself_a_role_or_more(people: Any) -> None:
    made = await people.register(role="admin")
    assert made["user"]["role"] == "user"
    given = {"email": "eve@example.com", "password": "correct horse battery", "is_verified": True}
    assert (await people.http.post("/api/v1/auth/register", json=given)).status_code == 422
    headers = {"Authorization": f"Bearer {made['access_token']}"}
    assert (await people.http.get("/api/v1/users", headers=headers)).status_code == 403


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_what_cannot_be_taken_is_refused_with_its_place(people: Any) -> None:
    good = {"email": "ann@example.com", "username": "annabella", "password": "correct horse battery"}
    wrong = [
        ("/email", {"email": "ann"}),
        ("/email", {"email": "ann@example.com\r\nBcc: eve@example.com"}),
        ("/username", {"username": "an"}),
        ("/username", {"username": "an nabel"}),
        ("/password", {"password": "short"}),
        ("/password", {"password": "annabella1"}),
        ("/password", {"password": "Ann@example.com"}),
        ("/password", {"password": "\u00fc" * 1000}),
        ("/first_name", {"first_name": "A\u0000nn"}),
    ]
    for pointer, change in wrong:
        answer = await people.http.post("/api/v1/auth/register", json={**good, **change})
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer), answer.text


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_registration_is_closed_unless_it_is_opened(make_people: Any) -> None:
    for policy in ("closed", "invite"):
        people = await make_people(registration=policy)
        given = {"email": "ann@example.com", "password": "correct horse battery"}
        answer = await people.http.post("/api/v1/auth/register", json=given)
        assert (answer.status_code, answer.json()["type"]) == (403, "urn:pegboard:problem:registration-closed")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_an_unknown_account_is_answered_in_the_same_words_after_the_same_work(make_people: Any) -> None:
    people = await make_people(lock_failures=1000, lock_address=1000)
    await people.register()
    passwords = people.accounts.login.__self__._parts.passwords
    bodies, times = {}, {"ann": [], "nobody": []}
    for name in ("nobody", "ann") * 5:
        before, start = passwords.checked, time.perf_counter()
        answer = await people.login(name, "wrong password")
        times[name].append(time.perf_counter() - start)
        assert answer.status_code == 401
        assert passwords.checked == before + 1
        bodies[name] = answer.json()
    assert bodies["ann"] == bodies["nobody"]
    ratio = statistics.median(times["ann"]) / statistics.median(times["nobody"])
    assert 0.5 < ratio < 2


async def test_five_failures_lock_an_account_in_every_process_known_or_not(make_people: Any) -> None:
    one, other = await make_people(), await make_people()
    await one.register()
    for name in ("ann", "nobody"):
        for n in range(5):
            assert (await (one, other)[n % 2].login(name, "wrong password")).status_code == 401
        for people in (one, other):
            answer = await people.login(name)
            assert (answer.status_code, answer.json()["type"]) == (429, "urn:pegboard:problem:too-many-attempts")
            assert 0 < int(answer.headers["retry-after"]) <= 900


async def test_attempts_at_once_are_no_more_than_in_turn(people: Any) -> None:
    await people.register()
    answers = await asyncio.gather(*(people.login(password="wrong password") for _ in range(12)))
    assert sorted(answer.status_code for answer in answers) == [401] * 5 + [429] * 7


async def test_a_right_password_forgets_the_failures_before_it(people: Any) -> None:
    await people.register()
    for _ in range(2):
        for _ in range(4):
            assert (await people.login(password="wrong password")).status_code == 401
        assert (await people.login()).status_code == 200


async def test_an_address_is_locked_after_more_failures(make_people: Any) -> None:
    people = await make_people(lock_address=6)
    await people.register()
    for n in range(6):
        assert (await people.login(f"nobody{n}", "wrong password")).status_code == 401
    assert (await people.login()).status_code == 429


async def test_a_hash_of_bcrypt_is_accepted_and_replaced(people: Any) -> None:
    made = await people.register()
    long = "p\u00e4ssword " * 12
    for given in ("tr0ub4dor", long):
        old = bcrypt.hashpw(given.encode()[:72], bcrypt.gensalt(4)).decode()
        async with people.store.begin() as session:
            await session.execute(update(UserRow).values(password_hash=old))
        assert (await people.login(password=f"x{given}")).status_code == 401
        assert (await people.login(password=given)).status_code == 200
        async with people.store.read() as session:
            stored = await session.scalar(select(UserRow.password_hash).where(UserRow.id == made["user"]["id"]))
        assert stored.startswith("$argon2id$")
        assert (await people.login(password=given)).status_code == 200
        assert (await people.login(password=given[:72] + "y")).status_code == 401


async def test_a_hash_of_another_cost_is_accepted_and_replaced(people: Any, make_app: Any) -> None:
    await people.register()
    async with people.store.read() as session:
        assert "$m=19456,t=2,p=1$" in str(await session.scalar(select(UserRow.password_hash)))
    async with client(make_app(hash_cost="rfc9106")) as http:
        given = {"email": "ann@example.com", "password": "correct horse battery"}
        assert (await http.post("/api/v1/auth/login", json={**given, "password": "wrong horse"})).status_code == 401
        assert (await http.post("/api/v1/auth/login", json=given)).status_code == 200
        async with people.store.read() as session:
            assert "$m=65536,t=3,p=4$" in str(await session.scalar(select(UserRow.password_hash)))
        assert (await http.post("/api/v1/auth/login", json=given)).status_code == 200


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("given", ["", "\0", "x" * 2000, "\ud800abcdefgh", "$argon2id$"])
async def test_any_text_is_just_a_wrong_password(people: Any, given: str) -> None:
    await people.register()
    async with people.store.begin() as session:
        await session.execute(update(UserRow).values(password_hash=given.replace("\0", "").replace("\ud800", "")))
    from pegboard_accounts.errors import InvalidCredentials

    with pytest.raises(InvalidCredentials):
        await people.accounts.login("ann@example.com", given)


async def test_two_who_register_the_same_at_once_are_one_user(people: Any) -> None:
    given = {"email": "ann@example.com", "username": "ann", "password": "correct horse battery"}
    posts = (people.http.post("/api/v1/auth/register", json=given) for _ in range(4))
    assert sorted(answer.status_code for answer in await asyncio.gather(*posts)) == [200, 409, 409, 409]


async def test_script_servers_sign_in_at_an_address_of_their_own(people: Any) -> None:
    await people.register()

    async def sent(**body: Any) -> Any:
        return await people.http.post("/api/auth/login", json=body)

    signed = await sent(email="ann@example.com", password="correct horse battery")
    assert signed.status_code == 200
    assert signed.json()["user"]["email"] == "ann@example.com"
    assert (await people.me(signed.json()["access_token"])).status_code == 200
    missing = await sent(email="ann@example.com")
    assert (missing.status_code, missing.json().keys()) == (400, {"message", "errors"})
    assert missing.json()["errors"] == {"password": "is missing"}
    wrong = await sent(email="ann@example.com", password="wrong horse")
    assert (wrong.status_code, wrong.json()["errors"]) == (401, {})
    none = await people.http.post("/api/auth/login", content=b"{")
    assert none.status_code == 400


async def test_the_routes_are_where_the_settings_say(make_people: Any) -> None:
    people = await make_people(prefix="/people/v2")
    given = {"email": "ann@example.com", "password": "correct horse battery"}
    assert (await people.http.post("/people/v2/auth/register", json=given)).status_code == 200
    assert (await people.http.post("/api/v1/auth/register", json=given)).status_code == 404
    assert (await people.http.get("/.well-known/jwks.json")).status_code == 200
