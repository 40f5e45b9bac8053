"""Proving a suite: each of its checks must be seen to fail. For whoever writes suites of their own."""

import inspect
from typing import Any


def checks_of(suite: type, *, without: type = object) -> list[str]:
    """The names of a suite's checks, but for those of the suite that it is built on."""
    return [name for name in dir(suite) if name.startswith("test_") and not hasattr(without, name)]


async def verdict(suite: type, check: str) -> str:
    """Run one check as pytest would; the message of its failure, or "" if it passes.

    What the suite's `opened` gives is handed to a check that takes an argument.
    """
    made: Any = suite()
    method = getattr(made, check)
    try:
        if inspect.signature(method).parameters:
            async with made.opened() as opened:
                await method(opened)
        elif inspect.iscoroutinefunction(method):
            await method()
        else:
            method()
    except AssertionError as failed:
        return str(failed) or "it failed without a message"
    return ""
