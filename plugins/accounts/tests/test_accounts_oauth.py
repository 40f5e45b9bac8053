from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]


async def post(people: Any, path: str = "token", headers: Any = None, auth: Any = None, **form: str) -> Any:
    return await people.http.post(f"/oauth/{path}", data=form, headers=headers, auth=auth)


async def test_a_password_and_a_refresh_token_are_grants(people: Any) -> None:
    await people.register()
    good = {"grant_type": "password", "username": "ann@example.com", "password": "correct horse battery"}
    answer = await post(people, **good)
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    made = answer.json()
    assert (made["token_type"], made["expires_in"]) == ("bearer", 3600)
    assert (await people.me(made["access_token"])).status_code == 200
    renewed = await post(people, grant_type="refresh_token", refresh_token=made["refresh_token"])
    assert (await people.me(renewed.json()["access_token"])).status_code == 200
    for wrong in (
        {**good, "password": "wrong password"},
        {"grant_type": "refresh_token", "refresh_token": made["refresh_token"]},
    ):
        answer = await post(people, **wrong)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


async def test_a_key_is_a_client(people: Any, ann: Any) -> None:
    soon = datetime.now(UTC) + timedelta(minutes=5)
    made = await people.accounts.create_key(ann, "robot", ["widgets:read"], soon)
    grant = {"grant_type": "client_credentials"}
    by_form = await post(people, **grant, client_id=made.record.id, client_secret=made.key)
    by_header = await post(people, **grant, auth=(made.record.prefix, made.key))
    for answer in (by_form, by_header):
        token = answer.json()
        assert "refresh_token" not in token
        assert (token["scope"], token["expires_in"] <= 300) == ("widgets:read", True)
        who = await people.http.get("/whoami", headers=people.bearer(token["access_token"]))
        assert (who.json()["id"], who.json()["credential"]) == ("ann", made.record.id)
    for client, secret in (("key_other", made.key), (made.record.id, made.key[:-1]), ("a", "b")):
        answer = await post(people, **grant, client_id=client, client_secret=secret)
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    refused = await post(people, **grant, client_id=made.record.id, client_secret=made.key, scope="widgets:write")
    assert refused.json()["error"] == "invalid_scope"
    await people.accounts.revoke_key("default", made.record.id)
    assert (await people.http.get("/whoami", headers=people.bearer(token["access_token"]))).status_code == 401


async def test_the_key_of_the_environment_is_no_client(make_people: Any) -> None:
    people = await make_people(api_key="a-very-long-secret_of_mine")
    answer = await post(
        people, grant_type="client_credentials", client_id="API_KEY", client_secret="a-very-long-secret_of_mine"
    )
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
async def test_either_token_revokes_the_session_and_nonsense_nothing(people: Any, kind: str) -> None:
    made, other = await people.register(), (await people.login()).json()
    for token in ("nonsense", "a.b.c", made[kind], made[kind]):
        assert (await post(people, "revoke", token=token)).status_code == 200
    assert (await people.me(made["access_token"])).status_code == 401
    assert (await people.refresh(made["refresh_token"])).status_code == 401
    assert (await people.me(other["access_token"])).status_code == 200


async def test_a_token_is_looked_into_by_who_may_and_within_his_tenant(people: Any) -> None:
    root, ann = await people.register_admin(), await people.register()
    token = ann["access_token"]
    headers = people.bearer(root["access_token"])
    shown = (await post(people, "introspect", headers=headers, token=token)).json()
    assert (shown["active"], shown["sub"], shown["username"]) == (True, ann["user"]["id"], "ann")
    assert (await post(people, "introspect", headers=people.bearer(token), token=token)).status_code == 403
    assert (await post(people, "introspect", token=token)).status_code == 401
    tenant = (await people.http.post("/api/v1/tenants", headers=headers, json={"name": "Acme"})).json()["id"]
    inside = (await people.http.post(f"/api/v1/tenants/{tenant}/switch", headers=headers)).json()["access_token"]
    nothing = {"active": False}
    assert (await post(people, "introspect", headers=people.bearer(inside), token=token)).json() == nothing
    await people.http.post("/api/v1/auth/logout", headers=people.bearer(token))
    assert (await post(people, "introspect", headers=headers, token=token)).json() == nothing


@pytest.mark.parametrize(
    ("body", "media", "error"),
    [
        (b"", "application/x-www-form-urlencoded", "invalid_request"),
        (b"grant_type=implicit", "application/x-www-form-urlencoded", "unsupported_grant_type"),
        (b"grant_type=password&grant_type=password", "application/x-www-form-urlencoded", "invalid_request"),
        (b"grant_type=%ff", "application/x-www-form-urlencoded", "invalid_request"),
        (b"grant_type=" + b"x" * 20000, "application/x-www-form-urlencoded", "invalid_request"),
        (b"{}", "application/json", "invalid_request"),
    ],
)
async def test_what_is_no_request_is_refused_as_the_standard_has_it(
    people: Any, body: bytes, media: str, error: str
) -> None:
    answer = await people.http.post("/oauth/token", content=body, headers={"Content-Type": media})
    assert (answer.status_code, answer.json()["error"]) == (400, error)
