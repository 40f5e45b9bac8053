from typing import Any

import pytest

from pegboard import Problem
from pegboard_accounts.errors import LastAdmin

pytestmark = pytest.mark.anyio

sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


async def patch(people: Any, token: str, user: str, **change: object) -> Any:
    return await people.http.patch(f"/api/v1/users/{user}", headers=people.bearer(token), json=change)


async def get(people: Any, token: str, path: str) -> Any:
    return await people.http.get(f"/api/v1{path}", headers=people.bearer(token))


@sqlite
async def test_one_looks_at_oneself_and_an_admin_at_everybody(people: Any) -> None:
    root, ann, bob = await people.register_admin(), await people.register(), await people.register("bob")
    assert (await get(people, ann["access_token"], f"/users/{ann['user']['id']}")).json()["username"] == "ann"
    for other in (bob["user"]["id"], "usr_nobody"):
        assert (await get(people, ann["access_token"], f"/users/{other}")).status_code == 403
    assert (await get(people, root["access_token"], f"/users/{bob['user']['id']}")).json()["username"] == "bob"
    assert (await get(people, root["access_token"], "/users/usr_nobody")).status_code == 404


async def test_users_are_listed_searched_and_paged(people: Any) -> None:
    token = (await people.register_admin())["access_token"]
    for name in ("ann", "annabel", "b_b"):
        await people.register(name)
    listed = (await get(people, token, "/users?per_page=2")).json()
    assert ([user["username"] for user in listed["data"]], listed["pagination"]["total_items"]) == (
        ["b_b", "annabel"],
        4,
    )
    found = (await get(people, token, "/users?search=ANN&sort=username:asc")).json()["data"]
    assert [user["username"] for user in found] == ["ann", "annabel"]
    assert [user["username"] for user in (await get(people, token, "/users?search=b_")).json()["data"]] == ["b_b"]
    assert (await get(people, token, "/users?search=%25")).json()["data"] == []
    assert len((await get(people, token, "/users?role=admin&is_active=true")).json()["data"]) == 1
    rest = await people.accounts.list_users("default", skip=1, limit=2, role="user")
    assert [user.username for user in rest] == ["annabel", "ann"]


@sqlite
async def test_a_user_changes_himself_as_far_as_he_may(people: Any) -> None:
    made = await people.register()
    token, user = made["access_token"], made["user"]["id"]
    assert (await patch(people, token, user, first_name="Ann")).json()["first_name"] == "Ann"
    for forbidden in ({"role": "admin"}, {"is_active": False}):
        assert (await patch(people, token, user, **forbidden)).status_code == 403
    moved = {"email": "new@example.com"}
    assert (await patch(people, token, user, **moved)).status_code == 401
    changed = await patch(people, token, user, **moved, current_password="correct horse battery")
    assert (changed.json()["email"], changed.json()["is_verified"]) == ("new@example.com", False)
    await people.accounts.settle_mail()
    assert any("To: ann@example.com" in file.read_text() for file in (people.data / "mail").glob("*.eml"))
    assert (await patch(people, token, user, id="usr_other")).status_code == 422


@sqlite
async def test_a_name_that_is_taken_stays_its_owners(people: Any) -> None:
    await people.register("bob")
    made = await people.register()
    answer = await patch(people, made["access_token"], made["user"]["id"], username="BOB")
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (409, "/username")


@sqlite
async def test_an_admin_changes_role_and_activity_but_not_what_one_signs_in_with(people: Any) -> None:
    root, ann = await people.register_admin(), await people.register()
    token, user = root["access_token"], ann["user"]["id"]
    assert (await patch(people, token, user, role="manager")).json()["role"] == "manager"
    assert (await patch(people, token, user, role="emperor")).status_code == 422
    for forbidden in ({"email": "mine@example.com"}, {"password": "a password of mine"}, {"username": "mine"}):
        assert (await patch(people, token, user, **forbidden)).status_code == 403
    assert (await patch(people, token, user, is_active=False)).json()["is_active"] is False
    assert (await people.me(ann["access_token"])).status_code == 401


@sqlite
async def test_the_last_admin_stays(people: Any) -> None:
    root = await people.register_admin()
    for change in ({"role": "user"}, {"is_active": False}):
        answer = await patch(people, root["access_token"], root["user"]["id"], **change)
        assert (answer.status_code, answer.json()["type"]) == (409, "urn:pegboard:problem:last-admin")
    await people.register_admin("other")
    assert (await patch(people, root["access_token"], root["user"]["id"], role="user")).status_code == 200


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_of_two_admins_who_demote_each_other_at_once_one_stays(people: Any) -> None:
    import asyncio

    admins = [(await people.register_admin(name))["user"]["id"] for name in ("one", "two")]
    demotions = (people.accounts.set_role("default", user, "user", by=people.operator) for user in admins)
    done = await asyncio.gather(*demotions, return_exceptions=True)
    assert [type(answer) for answer in done if isinstance(answer, Problem)] == [LastAdmin]


@sqlite
async def test_nobody_gives_or_takes_a_role_above_his_own(make_people: Any) -> None:
    roles = {"admin": ["*"], "helper": ["users:write"], "user": []}
    people = await make_people(roles=roles)
    root, helper, ann = await people.register_admin(), await people.register("helper"), await people.register()
    await people.accounts.set_role("default", helper["user"]["id"], "helper", by=people.operator)
    token = helper["access_token"]
    assert (await patch(people, token, ann["user"]["id"], role="helper")).status_code == 200
    assert (await patch(people, token, ann["user"]["id"], role="admin")).status_code == 403
    assert (await patch(people, token, helper["user"]["id"], role="admin")).status_code == 403
    assert (await patch(people, token, root["user"]["id"], is_active=False)).status_code == 403
    invitation = {"email": "eve@example.com", "role": "admin"}
    answer = await people.http.post("/api/v1/invitations", headers=people.bearer(token), json=invitation)
    assert answer.status_code == 403


async def test_a_tenant_of_ones_own_is_apart_from_all_others(people: Any) -> None:
    root, ann = await people.register_admin(), await people.register()
    token = root["access_token"]
    made = await people.http.post("/api/v1/tenants", headers=people.bearer(token), json={"name": "Acme"})
    assert (made.status_code, made.json()["role"]) == (201, "admin")
    tenant = made.json()["id"]
    assert [t["name"] for t in (await get(people, token, "/tenants")).json()["data"]] == ["default", "Acme"]
    switched = (await people.http.post(f"/api/v1/tenants/{tenant}/switch", headers=people.bearer(token))).json()
    assert switched["user"]["tenant"] == tenant
    inside = switched["access_token"]
    assert [user["username"] for user in (await get(people, inside, "/users")).json()["data"]] == ["root"]
    assert (await get(people, inside, f"/users/{ann['user']['id']}")).status_code == 404
    assert (await patch(people, inside, ann["user"]["id"], role="admin")).status_code == 404
    strange = people.bearer(ann["access_token"])
    assert (await people.http.post(f"/api/v1/tenants/{tenant}/switch", headers=strange)).status_code == 404
    assert (await people.http.post("/api/v1/tenants", headers=strange, json={"name": "x"})).status_code == 403
    assert (await people.login("root", tenant=tenant)).json()["user"]["tenant"] == tenant
    assert (await people.login("ann", tenant=tenant)).status_code == 401
    assert (await people.refresh(switched["refresh_token"])).json()["user"]["tenant"] == tenant


@sqlite
async def test_who_is_invited_joins_by_registering_or_by_accepting(make_people: Any) -> None:
    people = await make_people(registration="open")
    root, ann, eve = await people.register_admin(), await people.register(), await people.register("eve")
    headers = people.bearer(root["access_token"])
    tenant = (await people.http.post("/api/v1/tenants", headers=headers, json={"name": "Acme"})).json()["id"]
    inside = (await people.http.post(f"/api/v1/tenants/{tenant}/switch", headers=headers)).json()
    codes = {}
    for name in ("ann", "new"):
        invitation = {"email": f"{name}@example.com", "role": "manager"}
        sent = await people.http.post(
            "/api/v1/invitations", headers=people.bearer(inside["access_token"]), json=invitation
        )
        assert sent.status_code == 202
        codes[name] = await people.code(name)

    async def accept(token: str, code: str) -> Any:
        path = "/api/v1/invitations/accept"
        return await people.http.post(path, headers=people.bearer(token), json={"code": code})

    assert (await accept(eve["access_token"], codes["ann"])).status_code == 400
    joined = await accept(ann["access_token"], codes["ann"])
    assert (joined.json()["id"], joined.json()["role"]) == (tenant, "manager")
    assert (await accept(ann["access_token"], codes["ann"])).status_code == 400
    stranger = {"email": "eve2@example.com", "password": "correct horse battery", "invitation": codes["new"]}
    assert (await people.http.post("/api/v1/auth/register", json=stranger)).status_code == 400
    new = await people.register("new", invitation=codes["new"])
    assert (new["user"]["tenant"], new["user"]["role"], new["user"]["is_verified"]) == (tenant, "manager", True)
    names = {user["username"] for user in (await get(people, inside["access_token"], "/users")).json()["data"]}
    assert names == {"root", "ann", "new"}


@sqlite
async def test_a_key_is_no_user_and_has_no_session(people: Any, ann: Any) -> None:
    key = (await people.accounts.create_key(ann, "robot", ["*"])).key
    headers = {"X-API-Key": key}
    assert (await people.http.get("/api/v1/auth/me", headers=headers)).status_code == 404
    assert (await people.http.post("/api/v1/auth/logout", headers=headers)).status_code == 409
    assert (await people.http.post("/api/v1/tenants", headers=headers, json={"name": "x"})).status_code == 404


@sqlite
async def test_keys_can_be_listed_and_revoked_for_one_user(people: Any) -> None:
    root = await people.register_admin()
    caller = (await people.accounts.recognise(root["access_token"]))[1]
    made = (await people.accounts.create_key(caller, "robot", ["*"])).record
    assert (await people.accounts.list_keys("default", user="usr_other")).data == []
    assert [key.id for key in (await people.accounts.list_keys("default", user=caller.id)).data] == [made.id]
    with pytest.raises(Problem, match="there is no key"):
        await people.accounts.revoke_key("default", made.id, user="usr_other")
    assert (await people.accounts.revoke_key("default", made.id, user=caller.id)).revoked_at is not None
