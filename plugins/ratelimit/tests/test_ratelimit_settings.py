"""What an operator may write, and what is said of the rest."""

from typing import Any

import pytest
import structlog

import pegboard_ratelimit
from pegboard import Rate, StartupError, create_app
from pegboard_ratelimit.rates import parse_rates


def stopped(**section: Any) -> str:
    settings = {"plugins": {"ratelimit": section}}
    with pytest.raises(StartupError) as caught:
        create_app(settings=settings, plugins={"ratelimit": pegboard_ratelimit}, environ={}, installed=False)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "rates"),
    [
        ("60/minute", [Rate(60, 60)]),
        ("5/10 seconds", [Rate(5, 10)]),
        ("1 per hour by address", [Rate(1, 3600, "address")]),
        ("10/second; 1000/day by tenant", [Rate(10, 1), Rate(1000, 86400, "tenant")]),
        ("unlimited", []),
    ],
)
def test_rates_are_written_as_words(text: str, rates: list[Rate]) -> None:
    assert list(parse_rates(text)) == rates


@pytest.mark.parametrize(
    ("section", "told"),
    [
        ({"default": "lots"}, "plugins.ratelimit.default: 'lots' is no rate"),
        ({"default": "0/minute"}, "lets nobody in"),
        ({"default": "1/minute by moon"}, "is counted by 'moon': use one of principal, address, route"),
        ({"default": "1/minute;"}, "is no rate"),
        ({"routes": {"a.b": "1/fortnight"}}, "plugins.ratelimit.routes: a.b: '1/fortnight' is no rate"),
        ({"routes": {"a*": "1/minute"}}, "'a*' is no route"),
        ({"scopes": {"plan:pro": {"a.b": "x"}}}, "plugins.ratelimit.scopes: plan:pro: a.b: 'x' is no rate"),
        ({"scopes": {'pl"an': {}}}, "is no scope"),
        ({"storage": "memcached://x"}, "plugins.ratelimit.storage: use memory://, or the address of a Redis server"),
        ({"trusted_proxies": ["10.0.0.1/8"]}, "plugins.ratelimit.trusted_proxies"),
        ({"away": "maybe"}, "plugins.ratelimit.away"),
        ({"ipv6_prefix": 8}, "plugins.ratelimit.ipv6_prefix"),
    ],
)
def test_what_is_wrong_stops_the_start_with_its_place(section: Any, told: str) -> None:
    assert told in stopped(**section)


@pytest.mark.anyio
async def test_the_address_of_redis_is_not_shown(api_with: Any) -> None:
    secret = "redis://ann:hunter2@127.0.0.1:port/0"
    with pytest.raises(StartupError) as caught:
        async with api_with(storage=secret):
            pass
    assert "hunter2" not in str(caught.value)


@pytest.mark.anyio
async def test_a_rate_for_nothing_is_told_in_the_log(api_with: Any) -> None:
    with structlog.testing.capture_logs() as logs:
        async with api_with(routes={"pens.*": "9/minute", "pens.make": "9/minute", "pans.make": "9/minute"}):
            pass
    assert [entry["route"] for entry in logs] == ["pans.make"]
