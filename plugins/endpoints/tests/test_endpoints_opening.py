"""What a start makes and says."""

from typing import Any

import pytest

from pegboard import Notices
from pegboard_endpoints import Endpoints

pytestmark = pytest.mark.anyio

URL = "http://127.0.0.1:1"


def notices(desk: Any) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for notice in desk.client.app.state.board.services.get(Notices).take():
        found.setdefault(notice.title, []).append(notice.text)
    return found


async def test_samples_are_made_once_and_shown_at_each_start(app_with: Any) -> None:
    for _ in range(2):
        async with app_with({"sample": True, "public_url": URL, "tenant": "acme"}) as desk:
            shown = notices(desk)["Samples"][0].splitlines()
            saved = (await desk.call("GET", "?sort=name")).json()["data"]
            assert len(saved) == len(shown) == 3
            assert all(widget["endpoint"] == f"{URL}/sample/sales" for widget in saved)


async def test_samples_follow_the_address_that_the_app_is_served_at(app_with: Any) -> None:
    for url in (URL, "http://127.0.0.1:2"):
        async with app_with({"sample": True, "public_url": url, "tenant": "acme"}) as desk:
            saved = (await desk.call("GET")).json()["data"]
            assert {widget["endpoint"] for widget in saved} == {f"{url}/sample/sales"}


async def test_samples_wait_for_an_address(app_with: Any) -> None:
    async with app_with({"sample": True, "tenant": "acme"}) as desk:
        assert (await desk.call("GET")).json()["data"] == []
        assert "public_url" in notices(desk)["Samples"][0]
        assert desk.client.app.state.board.services.get(Endpoints) is not None


async def test_samples_that_cannot_be_made_stop_nothing_else(app_with: Any) -> None:
    settings = {"sample": True, "tenant": "acme", "public_url": URL}
    async with app_with(settings, plugins={"sandbox-restricted": None}) as desk:
        assert (await desk.call("GET")).json()["data"] == []
        assert '"restricted"' in notices(desk)["Samples"][0]


async def test_a_public_address_may_have_a_path(app_with: Any) -> None:
    async with app_with({"sample": True, "tenant": "acme", "public_url": f"{URL}/base"}) as desk:
        assert (await desk.call("GET")).json()["data"][0]["endpoint"] == f"{URL}/base/sample/sales"


async def test_a_start_says_how_user_code_is_contained(app_with: Any) -> None:
    async with app_with() as desk:
        assert notices(desk)["User code"][0].startswith("sandbox restricted, isolation L")
    async with app_with(plugins={"sandbox-restricted": None}) as desk:
        said = notices(desk)["User code"][0]
        assert said.startswith("not executed: ")
        assert '"restricted"' in said


async def test_the_default_sandbox_is_the_operators(app_with: Any) -> None:
    async with app_with({"plugins": {"endpoints": {"sandbox": "process"}}}) as desk:
        got = await desk.result("import os\nreturn os.getpid() > 0")
        assert (got.json(), got.headers["x-sandbox"]) == (True, "process")
