"""The plugin in an app: its settings, its service, its public names."""

from typing import Any

import pytest

import pegboard_egress
from pegboard import StartupError, create_app
from pegboard_egress import Egress, EgressBlocked, EgressRequest

pytestmark = pytest.mark.anyio


def app_with(**section: Any) -> Any:
    settings = {"plugins": {"egress": section}}
    return create_app(settings=settings, plugins={"egress": pegboard_egress}, environ={}, installed=False)


async def test_an_app_has_one_open_egress(serve: Any) -> None:
    upstream = await serve()
    app = app_with(allow_networks=["127.0.0.1/32"], allow_ports=[upstream.port])
    async with app.router.lifespan_context(app):
        egress = app.state.board.services.get(Egress)
        assert (await egress.send(EgressRequest(url=upstream.origin))).body == b"ok"
        with pytest.raises(EgressBlocked):
            egress.check_url("http://127.0.0.2/")
    assert egress.client.is_closed


async def test_two_apps_share_nothing() -> None:
    first, second = app_with(), app_with()
    async with first.router.lifespan_context(first), second.router.lifespan_context(second):
        egress = first.state.board.services.get(Egress)
        other = second.state.board.services.get(Egress)
        egress.allow_origin("http://127.0.0.1:8000")
        egress.check_url("http://127.0.0.1:8000/")
        with pytest.raises(EgressBlocked):
            other.check_url("http://127.0.0.1:8000/")


@pytest.mark.parametrize(
    ("field", "value"), [("allow_networks", ["10.0.0.1/8"]), ("allow_origins", ["erp"]), ("allow_ports", [99999])]
)
def test_a_wrong_setting_is_named(field: str, value: Any) -> None:
    with pytest.raises(StartupError, match=field):
        app_with(**{field: value})


def test_the_public_names_are_these() -> None:
    assert sorted(pegboard_egress.__all__) == [
        "Egress",
        "EgressBlocked",
        "EgressError",
        "EgressRequest",
        "EgressResponse",
        "EgressSettings",
        "Retry",
        "Timeouts",
        "TooManyRedirects",
        "UpstreamError",
        "UpstreamTimeout",
        "UpstreamTooLarge",
        "check_url",
        "open_egress",
    ]
    assert all(hasattr(pegboard_egress, name) for name in pegboard_egress.__all__)
