"""What a token endpoint may answer, and what is told of it: the cause first, and never a secret."""

from typing import Any

import pytest

from pegboard import Problem
from pegboard.testing import answer, upstream
from pegboard_auth_oauth2 import OAuthTokens

pytestmark = pytest.mark.anyio

SECRET = "s3cret +&%/=ü"
HTML = answer(text="<html>Please log in s3cret</html>", headers={"Content-Type": "text/html; charset=utf-8"})
LONG = {"error": "invalid_scope", "error_description": "x" * 5000}
TOKEN: dict[str, Any] = {"access_token": "a", "token_type": "bearer"}
NO_OBJECT = "JSON that is no object, with status 200"
NEITHER = "no access_token and no error, with status 200"
WORD = "access_token is not one word of visible ASCII"

TOLD = [
    (answer(400, json={"error": "invalid_client"}), "oauth-token-refused", "invalid_client (the answer of the token"),
    (
        answer(401, json={"error": "invalid_client", "error_description": "No such client"}),
        "oauth-token-refused",
        "invalid_client: No such client (the answer of the token URL http",
    ),
    (answer(400, json=LONG), "oauth-token-refused", f"invalid_scope: {'x' * 300}... (the answer"),
    (answer(200, json={"ok": False, "error": "bad_code"}), "oauth-token-refused", "bad_code (the answer"),
    (
        answer(400, json={"error": {"type": "OAuthException", "message": "Bad\r\nclient"}}),
        "oauth-token-refused",
        "OAuthException: Bad client (the answer",
    ),
    (answer(400, json={"error": 7}), "oauth-token-refused", "error (the answer"),
    (HTML, "oauth-token-answer", "no JSON but text/html, with status 200 (the answer"),
    (answer(404, text="nothing"), "oauth-token-answer", "no JSON but text/plain, with status 404"),
    (answer(200), "oauth-token-answer", "no JSON but no type, with status 200"),
    (answer(json=[TOKEN]), "oauth-token-answer", NO_OBJECT),
    (answer(json="a"), "oauth-token-answer", NO_OBJECT),
    (answer(json={"token": "a"}), "oauth-token-answer", NEITHER),
    (answer(400, json=TOKEN), "oauth-token-answer", "no access_token and no error, with status 400"),
    (answer(json=TOKEN | {"access_token": ""}), "oauth-token-answer", WORD),
    (answer(json=TOKEN | {"access_token": "a\r\nX-Evil: 1"}), "oauth-token-answer", WORD),
    (answer(json=TOKEN | {"access_token": ["a"]}), "oauth-token-answer", WORD),
    (answer(json=TOKEN | {"refresh_token": 7}), "oauth-token-answer", "refresh_token is not one word"),
    (answer(json=TOKEN | {"token_type": "DPoP"}), "oauth-token-answer", "token_type is DPoP"),
    (answer(json=TOKEN | {"expires_in": -1}), "oauth-token-answer", "expires_in is -1: it must be seconds"),
    (answer(json=TOKEN | {"expires_in": 1795795795}), "oauth-token-answer", "expires_in is 1795795795"),
    (answer(json=TOKEN | {"expires_in": "soon"}), "oauth-token-answer", "expires_in is soon"),
    (answer(json=TOKEN | {"expires_in": True}), "oauth-token-answer", "expires_in is True"),
    (answer(json=TOKEN | {"expires_in": 1e300}), "oauth-token-answer", "expires_in is 1e+300"),
    (answer(json=TOKEN | {"expires_in": "9" * 400}), "oauth-token-answer", "expires_in is 9999"),
    (answer(json=TOKEN | {"expires_in": [1]}), "oauth-token-answer", "expires_in is [1]"),
    (answer(500, text="oops"), "oauth-token-unavailable", "the token URL http"),
    (answer(429, json={}, headers={"Retry-After": "7"}), "oauth-token-unavailable", "the token URL http"),
    (answer(raw=b"nonsense\r\n\r\n"), "upstream-error", "http://127.0.0.1:"),
    (answer(body=b"x" * 300_000), "upstream-too-large", "the upstream"),
]


@pytest.mark.parametrize(("reply", "code", "words"), TOLD)
async def test_what_is_no_token_is_told_with_its_cause_first(desk: Any, reply: Any, code: str, words: str) -> None:
    desk.authority.script = [reply]
    with pytest.raises(Problem) as told:
        await desk.ask(desk.config())
    assert (told.value.status, told.value.code) == (502, code)
    assert told.value.detail.startswith(words), told.value.detail
    assert f"{desk.authority.url}/token" in told.value.detail
    assert "s3cret" not in str(told.value.body())
    assert not desk.authority.stand_in.received("/items"), "a request without a token is never sent"


async def test_when_to_come_back_is_handed_on(desk: Any) -> None:
    desk.authority.script = [answer(503, headers={"Retry-After": "7"})]
    with pytest.raises(Problem) as told:
        await desk.ask(desk.config())
    assert told.value.headers == {"Retry-After": "7"}


async def test_an_answer_that_repeats_secrets_is_masked(desk: Any) -> None:
    said = f"client_secret {SECRET} and token token-of-yesterday are wrong"
    desk.authority.script = [answer(400, json={"error": "invalid_request", "error_description": said})]
    with pytest.raises(Problem, match=r"client_secret \*\*\* and token \*\*\* are wrong"):
        await desk.ask(desk.config("refresh_token", refreshToken="token-of-yesterday"))


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_secrets_follow_no_redirect(desk: Any, status: int) -> None:
    async with upstream() as elsewhere:
        elsewhere.on("/token", answer(json=TOKEN), method="*")
        desk.authority.script = [answer(status, headers={"Location": f"{elsewhere.url}/token"})]
        with pytest.raises(Problem, match=rf"^a redirect \({status}\), which is not followed"):
            await desk.ask(desk.config())
        assert not elsewhere.requests


@pytest.mark.parametrize("lifetime", [0, None, "", "3600", 3600.5, 30 * 365 * 86400])
async def test_a_lifetime_may_be_told_in_many_ways(desk: Any, lifetime: Any) -> None:
    desk.authority.lifetime = lifetime
    assert (await desk.ask(desk.config())).status == 200
    status = await desk.services.get(OAuthTokens).status(desk.config(), "acme", "credential-1")
    assert (status.expires_at is None) == (not lifetime)


async def test_where_no_request_may_go_no_token_is_asked_for(desk: Any) -> None:
    config = desk.config(tokenUrl="https://10.0.0.1/token")
    with pytest.raises(Problem, match=r"\(the token URL https://10.0.0.1/token\)") as told:
        await desk.ask(config)
    assert (told.value.status, told.value.code) == (403, "egress-blocked")


async def test_secrets_go_nowhere_in_the_clear(desk: Any) -> None:
    with pytest.raises(Problem, match="/tokenUrl: must be https") as told:
        await desk.ask(desk.config(tokenUrl="http://auth.example.com/token"))
    assert (told.value.status, told.value.code) == (422, "oauth-config")


async def test_neither_logs_nor_reprs_hold_a_secret(desk: Any, capfd: pytest.CaptureFixture[str]) -> None:
    refresh = desk.authority.grant_refresh()
    config = desk.config("refresh_token", refreshToken=refresh)
    await desk.ask(config)
    token = await desk.services.get(OAuthTokens).token(config, "acme", "credential-1")
    desk.authority.script = [answer(400, json={"error": "invalid_client", "error_description": f"not {SECRET}"})]
    with pytest.raises(Problem) as told:
        await desk.ask(desk.config())
    shown = f"{config!r} {config} {token!r} {told.value!r} {told.value.body()} {''.join(capfd.readouterr())}"
    assert "invalid_client" in shown
    assert [secret for secret in (SECRET, *desk.authority.handed_out) if secret in shown] == []
