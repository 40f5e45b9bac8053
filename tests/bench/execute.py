"""Code of strangers over HTTP, beside a Python interpreter that is started for each call."""

import importlib.util
import json
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from http.client import HTTPConnection
from typing import Any

from .endpoints import served
from .figures import Figure, in_turn
from .kernel import KEY
from .processes import peer

CALLS = 120  # three rounds and a warm-up stay below the route's rate
BODY = json.dumps({"code": 'print("hi")'})
HEADERS = {"X-API-Key": KEY, "Content-Type": "application/json"}


def execute() -> Iterator[Figure]:
    """One caller after another, medians in turn."""
    baselines = _baselines()
    with ExitStack() as stack:
        port = served(stack, 9)
        # a client that takes next to no time itself: httpx would be a tenth of what is measured
        http = stack.enter_context(closing(HTTPConnection("127.0.0.1", port)))
        _median(lambda: _run(http), 30)
        ours, theirs, ratio = in_turn(
            lambda: _median(lambda: _run(http), CALLS), lambda: _median(baselines.subprocess_python, 25)
        )
    yield Figure("execute python, p50", ours, "ms", note=f"subprocess_python: {theirs:.1f} ms")
    yield Figure("execute python / subprocess_python", ratio, "×", 0.25, at_most=True)


def _run(http: HTTPConnection) -> None:
    http.request("POST", "/v1/code/execute/python", BODY, HEADERS)
    answer = http.getresponse()
    body = answer.read()
    if answer.status != 200:
        raise RuntimeError(f"unexpected: {body!r}")


def _median(call: Callable[[], object], times: int) -> float:
    """Milliseconds."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        call()
        taken.append((time.perf_counter() - began) * 1000)
    return statistics.median(taken)


def _baselines() -> Any:
    path = peer("sandbox_baselines.py")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
