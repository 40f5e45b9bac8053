"""Tests that wait for ever: each ends as a failure that tells where it was, and the tests after it go on.

What raises in the middle of an event loop, as pytest-timeout does, leaves anyio's runner with a test that has not
ended: the first fixture that is to be closed then waits for it, and nobody ends that. So a test has its deadline within
the loop, and where something hangs for all that, the process ends (`faulthandler_timeout`).
"""

import asyncio
import faulthandler
import functools
import inspect
import os
from collections.abc import Awaitable, Callable, Generator
from typing import Any

import pytest

SHARE = 0.75
"""Of the time that pytest-timeout gives to a test and its fixtures."""
STDERR = pytest.StashKey[int]()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    function = pyfuncitem.obj
    if inspect.iscoroutinefunction(function):
        pyfuncitem.obj = within(function, SHARE * time_of(pyfuncitem))
    try:
        return (yield)
    finally:
        pyfuncitem.obj = function


def time_of(item: pytest.Item) -> float:
    """Seconds that pytest-timeout gives it."""
    marked = item.get_closest_marker("timeout")
    return float(marked.args[0] if marked else item.config.getini("timeout"))


def within(function: Callable[..., Awaitable[None]], seconds: float) -> Callable[..., Awaitable[None]]:
    @functools.wraps(function)
    async def timed(*args: Any, **kwargs: Any) -> None:
        async with asyncio.timeout(seconds):
            await function(*args, **kwargs)

    return timed


def pytest_configure(config: pytest.Config) -> None:
    config.stash[STDERR] = os.dup(2)  # as it is outside tests, whose own is captured


def pytest_unconfigure(config: pytest.Config) -> None:
    os.close(config.stash[STDERR])


@pytest.hookimpl(trylast=True)
def pytest_exception_interact(node: pytest.Item | pytest.Collector) -> None:
    """pytest watches a test no longer once it has failed; what cleans up after it can hang as well."""
    patience = float(node.config.getini("faulthandler_timeout"))
    if patience and isinstance(node, pytest.Item):
        faulthandler.dump_traceback_later(patience, exit=True, file=node.config.stash[STDERR])
