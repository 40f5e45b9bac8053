"""Which calls are counted together, by what, and what their callers are told."""

import time
from typing import Any

import pytest

from pegboard.testing import caller

pytestmark = pytest.mark.anyio

ANN = caller("*", id="ann", tenant="acme")
BOB = caller("*", id="bob", tenant="acme")
FAR = caller("*", id="ann", tenant="other")


async def statuses(api: Any, count: int, method: str = "POST", path: str = "/pens", **more: Any) -> list[int]:
    more.setdefault("headers", ANN)
    return [(await api.request(method, path, **more)).status_code for _ in range(count)]


async def test_a_declared_rate_is_kept_for_each_caller(api_with: Any) -> None:
    async with api_with() as api:
        assert await statuses(api, 4) == [200, 200, 200, 429]
        assert await statuses(api, 1, headers=BOB) == [200]
        assert await statuses(api, 1, headers=FAR) == [200]


async def test_callers_are_told_how_they_stand(api_with: Any) -> None:
    async with api_with() as api:
        first = await api.post("/pens", headers=ANN)
        told = {name: value for name, value in first.headers.items() if "ratelimit" in name}
        reset = int(told.pop("x-ratelimit-reset"))
        assert told == {
            "ratelimit-policy": '"pens.make";q=3;w=60',
            "ratelimit": '"pens.make";r=2;t=60',
            "x-ratelimit-limit": "3",
            "x-ratelimit-remaining": "2",
        }
        assert 0 <= reset - time.time() <= 61


async def test_one_call_too_many_is_told_when_to_come_back(api_with: Any) -> None:
    async with api_with() as api:
        await statuses(api, 3)
        refused = await api.post("/pens", headers=ANN)
        body = refused.json()
        assert (refused.status_code, body["type"]) == (429, "urn:pegboard:problem:quota-exceeded")
        assert body["violated-policies"] == ["pens.make"]
        assert 55 <= int(refused.headers["retry-after"]) <= 60
        assert refused.headers["ratelimit"] == f'"pens.make";r=0;t={refused.headers["retry-after"]}'
        assert refused.headers["x-ratelimit-remaining"] == "0"


async def test_a_route_without_a_rate_is_not_counted(api_with: Any) -> None:
    async with api_with() as api:
        answer = await api.get("/pens", headers=ANN)
        assert [name for name in answer.headers if "ratelimit" in name] == []


async def test_settings_give_a_rate_to_a_route_without_one_and_take_one_away(api_with: Any) -> None:
    async with api_with(routes={"pens.list": "1/minute", "pens.make": "unlimited"}) as api:
        assert await statuses(api, 2, "GET") == [200, 429]
        assert await statuses(api, 5) == [200] * 5


async def test_a_default_counts_all_routes_without_a_rate_together(api_with: Any) -> None:
    async with api_with(default="2/minute") as api:
        assert await statuses(api, 1, "GET", "/pens") + await statuses(api, 2, "GET", "/inks") == [200, 200, 429]
        assert await statuses(api, 3) == [200] * 3
        assert await statuses(api, 5, "GET", "/-/health/live") == [200] * 5


async def test_a_group_is_counted_together_and_the_nearest_name_counts(api_with: Any) -> None:
    routes = {"inks.*": "2/minute", "inks.by.*": "1/minute", "*": "9/minute"}
    async with api_with(routes=routes) as api:
        assert await statuses(api, 3, "GET", "/inks") == [200, 200, 429]
        assert await statuses(api, 2, "GET", "/inks/red") == [200, 429]


async def test_several_rates_hold_at_the_same_time(api_with: Any) -> None:
    async with api_with(routes={"pens.make": "5/minute; 2/hour by tenant"}) as api:
        assert await statuses(api, 1) + await statuses(api, 2, headers=BOB) == [200, 200, 429]
        told = (await api.post("/pens", headers=FAR)).headers
        assert told["ratelimit-policy"] == '"pens.make";q=5;w=60, "pens.make.2";q=2;w=3600'
        assert told["x-ratelimit-limit"] == "2"
        refused = (await api.post("/pens", headers=BOB)).json()
        assert refused["violated-policies"] == ["pens.make.2"]


async def test_a_plan_has_rates_of_its_own(api_with: Any) -> None:
    scopes = {"plan:pro": {"pens.make": "4/minute", "*": "1/minute"}, "plan:max": {"pens.*": "unlimited"}}
    async with api_with(scopes=scopes, default="2/minute") as api:
        pro, most = caller("plan:pro", "plan:max", id="p"), caller("plan:max", id="m")
        assert await statuses(api, 5, headers=pro) == [200] * 4 + [429]
        assert await statuses(api, 2, "GET", headers=pro) == [200, 429]
        assert await statuses(api, 9, headers=most) == [200] * 9
        assert await statuses(api, 3, "GET", "/inks", headers=most) == [200, 200, 429]
        assert await statuses(api, 4, headers=ANN) == [200] * 3 + [429]
        told = (await api.post("/pens", headers=pro)).headers["ratelimit-policy"]
        assert told == '"plan:pro/pens.make";q=4;w=60'


@pytest.mark.parametrize(
    ("by", "others"),
    [("route", [429, 429]), ("tenant", [429, 200]), ("credential", [200, 200]), ("principal", [200, 200])],
)
async def test_what_a_rate_is_counted_by(api_with: Any, by: str, others: list[int]) -> None:
    async with api_with(routes={"pens.make": f"1/minute by {by}"}) as api:
        assert await statuses(api, 2) == [200, 429]
        assert await statuses(api, 1, headers=BOB) + await statuses(api, 1, headers=FAR) == others


@pytest.mark.parametrize("by", ["principal", "credential", "tenant", "address"])
async def test_callers_without_a_credential_are_counted_by_address(api_with: Any, by: str) -> None:
    async with api_with(routes={"inks.list": f"1/minute by {by}"}, trusted_proxies=["127.0.0.0/8"]) as api:

        async def of(address: str) -> list[int]:
            return await statuses(api, 1, "GET", "/inks", headers={"X-Forwarded-For": address})

        assert await of("192.0.2.1") + await of("192.0.2.1") + await of("192.0.2.2") == [200, 429, 200]


async def test_who_is_not_let_in_is_not_counted(api_with: Any) -> None:
    async with api_with() as api:
        assert await statuses(api, 5, headers={}) == [401] * 5
        assert await statuses(api, 1) == [200]


async def test_a_fixed_window_can_be_chosen(api_with: Any) -> None:
    async with api_with(window="fixed") as api:
        assert await statuses(api, 5) == [200] * 3 + [429] * 2
        assert 55 <= int((await api.post("/pens", headers=ANN)).headers["retry-after"]) <= 60
