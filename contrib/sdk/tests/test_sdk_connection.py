"""What the client does when the server does not play along, and that it keeps the token to itself."""

import traceback
from collections.abc import Callable

import pytest

from pegboard.testing import answer, upstream
from pegboard_sdk import ApiError, Connection, ReadWidget, UnavailableError, UnreachableError, WriteWidget

pytestmark = pytest.mark.anyio

TOKEN = "pk_very_secret_token"


@pytest.mark.parametrize("kind", [ReadWidget, WriteWidget, Connection])
def test_no_repr_shows_the_token(kind: Callable[..., object]) -> None:
    made = kind(TOKEN, base_url="https://api.example.com/")
    assert "https://api.example.com" in repr(made)
    assert TOKEN not in repr(made) + repr(vars(made))


async def test_no_error_shows_the_token() -> None:
    reader = ReadWidget(TOKEN, base_url="http://127.0.0.1:9", header="X-API-Key")
    with pytest.raises(UnreachableError) as caught:
        await reader.get("widget_1")
    shown = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())
    assert "http://127.0.0.1:9/public/widgets/widget_1" in str(caught.value)
    assert TOKEN not in shown


@pytest.mark.parametrize("token", ["pk_a\nX-Admin: 1", "pk a", "pk_ä"])
def test_a_token_that_no_header_carries_is_refused_unseen(token: str) -> None:
    with pytest.raises(ValueError, match="no header can carry") as caught:
        ReadWidget(token, base_url="https://api.example.com")
    assert token not in str(caught.value)


def test_the_address_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PEGBOARD_URL", "https://from.example.com/")
    assert Connection(TOKEN).base_url == "https://from.example.com"
    assert Connection(TOKEN, "https://given.example.com").base_url == "https://given.example.com"
    monkeypatch.delenv("PEGBOARD_URL")
    with pytest.raises(ValueError, match="PEGBOARD_URL"):
        Connection(TOKEN)


async def test_an_answer_of_a_proxy_is_an_error_too() -> None:
    async with upstream() as proxy:
        proxy.on("/public/widgets/x", answer(502, text="<h1>bad gateway</h1>", headers={"Content-Type": "text/html"}))
        with pytest.raises(ApiError) as caught:
            await ReadWidget(TOKEN, base_url=proxy.url).get("x")
    assert (caught.value.status, caught.value.error_code) == (502, "")
    assert "502" in str(caught.value)
    assert "text/html" in str(caught.value)


async def test_a_busy_server_says_when_to_come_back() -> None:
    body = {"type": "urn:pegboard:problem:sandbox-busy", "error_code": "SANDBOX_BUSY", "detail": "later"}
    async with upstream() as busy:
        busy.on("/public/widgets/x/execute", answer(503, json=body, headers={"Retry-After": "7", "X-Request-ID": "r1"}))
        with pytest.raises(UnavailableError) as caught:
            await ReadWidget(TOKEN, base_url=busy.url).execute("x")
    error = caught.value
    assert (error.retry_after, error.code, error.request_id) == (7.0, "sandbox-busy", "r1")
    assert str(error) == "503 SANDBOX_BUSY: later (request r1)"


async def test_an_answer_that_is_no_json_is_said_to_be_none() -> None:
    async with upstream() as odd:
        odd.on("/public/widgets/x/execute", answer(200, text="hello"))
        with pytest.raises(UnreachableError, match="no JSON"):
            await ReadWidget(TOKEN, base_url=odd.url).execute("x")


async def test_a_redirect_takes_the_token_nowhere() -> None:
    async with upstream() as here, upstream() as elsewhere:
        here.on("/public/widgets/x", answer(302, headers={"Location": f"{elsewhere.url}/steal"}))
        elsewhere.on("/steal", answer(json={}))
        with pytest.raises(ApiError):
            await ReadWidget(TOKEN, base_url=here.url).get("x")
        assert elsewhere.received("/steal") == []


async def test_an_id_cannot_leave_its_place_in_the_address() -> None:
    async with upstream() as server:
        with pytest.raises(ApiError):
            await ReadWidget(TOKEN, base_url=server.url).get("../admin?x=1#y")
        (request,) = server.requests
        assert (request.path, request.query) == (
            "/public/widgets/../admin?x=1#y",
            {},
        )
    with pytest.raises(ValueError, match="widget_id"):
        await ReadWidget(TOKEN, base_url=server.url).get("")


async def test_connections_are_shared_within_async_with() -> None:
    async with upstream() as server:
        server.on("/public/widgets/x/execute", answer(json=1))
        async with ReadWidget(TOKEN, base_url=server.url) as reader:
            client = reader._connection._client
            assert [await reader.execute("x"), await reader.execute("x")] == [1, 1]
            assert reader._connection._client is client is not None
        assert client.is_closed
        assert await reader.execute("x") == 1


async def test_an_unsaved_widget_has_no_address() -> None:
    widget = WriteWidget(TOKEN, base_url="https://api.example.com")
    with pytest.raises(ValueError, match="nothing to save"):
        await widget.save()
    with pytest.raises(ValueError, match="not saved"):
        await widget.execute()
    await widget.create_new("a", "b")
    with pytest.raises(ValueError, match="not saved"):
        _ = widget.execute_url
