"""One call of user code, beside the usual designs of such a thing."""

import importlib.util
import re
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from typing import Any

import attrs

from . import echo
from .figures import Figure, in_turn
from .kernel import KEY
from .memory import MEGABYTE, leaves, memory
from .processes import Conversation, conversation, peer

ROUNDS = 3
ECHOES = 3000
RUNS = {"process": 600, "restricted": 3000}
AT_MOST = {
    ("restricted", "document_000"): 0.10,
    ("process", "document_000"): 1.0,
    ("process", "subprocess_python"): 0.15,
}
"""Ratios of p50 that are to be kept, of a sandbox to a design."""
JAILED = ("process", "restricted")
"""The sandboxes that have limits; others are measured without."""
CALLERS = (2, 8, 32)
SECONDS = 2.0
KEPT = 8
LOOPING = {"another tenant": "looping", "the same tenant": "bench"}


@attrs.frozen
class Times:
    """Milliseconds."""

    p50: float
    p99: float


Round = tuple[Mapping[str, Times], Mapping[str, Times]]
"""What the usual designs take, and what the sandboxes do, in the same minute."""


def sandbox() -> Iterator[Figure]:
    """Times of one caller, calls per second of several, memory of what stays, and neighbours of a loop."""
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        command = [sys.executable, "-m", "bench.calls", str(peer("logic.py"))]
        calls = stack.enter_context(conversation(command, _environment(folder)))
        names = [name for name in calls.ask(measure="names") if name in JAILED or _runs(calls, name)]
        rounds = [(_baselines(), _latencies(calls, names)) for _ in range(ROUNDS)]
        yield from _designs(rounds)
        for name in names:
            yield from _one_caller(rounds, name)
            yield from _rates(calls, name)
            yield from _neighbours(calls, name)
        yield from _kept(calls)


def _environment(folder: str) -> dict[str, str]:
    made = {"PEGBOARD_DATA": folder, "API_KEY": KEY, "PEGBOARD_LOG__LEVEL": "error", "PATH": ""}
    if importlib.util.find_spec("pegboard_sandbox_monty"):
        made["PEGBOARD_SANDBOX_MONTY__ALLOW_WEAK_ISOLATION"] = "true"
    return made


def _baselines() -> dict[str, Times]:
    command = [sys.executable, str(peer("sandbox_baselines.py"))]
    done = subprocess.run(command, capture_output=True, check=True, text=True)
    found = re.findall(r"^(\w+)\s+p50\s+([\d.]+)\s+p99\s+([\d.]+)", done.stdout, re.M)
    return {name: Times(float(p50), float(p99)) for name, p50, p99 in found}


def _latencies(calls: Conversation, names: Sequence[str]) -> dict[str, Times]:
    return {name: _times(calls.ask(measure="latency", sandbox=name, runs=RUNS.get(name, 300))) for name in names}


def _times(answer: Mapping[str, Any]) -> Times:
    return Times(answer["p50"], answer["p99"])


def _median(times: Sequence[Times]) -> Times:
    return Times(statistics.median(each.p50 for each in times), statistics.median(each.p99 for each in times))


def _designs(rounds: Sequence[Round]) -> Iterator[Figure]:
    for name in rounds[0][0]:
        times = _median([designs[name] for designs, _ in rounds])
        yield Figure(f"{name}, p50", times.p50, "ms", note=f"p99 {times.p99:.2f} ms")


def _one_caller(rounds: Sequence[Round], name: str) -> Iterator[Figure]:
    """Its times, and the medians of its ratios, round by round."""
    times = _median([sandboxes[name] for _, sandboxes in rounds])
    yield Figure(f"sandbox {name}, p50", times.p50, "ms", note=f"p99 {times.p99:.2f} ms")
    for design in ("document_000", "subprocess_python"):
        ratio = statistics.median(sandboxes[name].p50 / designs[design].p50 for designs, sandboxes in rounds)
        limit = AT_MOST.get((name, design))
        yield Figure(f"sandbox {name} / {design}, p50", ratio, "×", limit, at_most=True)
    spread = statistics.median(sandboxes[name].p99 / sandboxes[name].p50 for _, sandboxes in rounds)
    designs_spread = statistics.median(d["document_000"].p99 / d["document_000"].p50 for d, _ in rounds)
    note = f"document_000: {designs_spread:.1f}; a pipe there and back: {echo.spread(ECHOES):.1f}"
    yield Figure(f"sandbox {name}, p99 / p50", spread, "×", 3.0 if name in JAILED else None, at_most=True, note=note)


def _rates(calls: Conversation, name: str) -> Iterator[Figure]:
    for callers in CALLERS:
        rate = calls.ask(measure="rate", sandbox=name, callers=callers, seconds=SECONDS)
        yield Figure(f"sandbox {name}, {callers} callers", rate, "calls/s")


def _neighbours(calls: Conversation, name: str) -> Iterator[Figure]:
    """Sixteen callers, one of which has a program that never ends: the p99 of the others beside theirs without it."""
    for whose, tenant in LOOPING.items():
        beside, alone, ratio = in_turn(
            lambda tenant=tenant: _others(calls, name, tenant), lambda: _others(calls, name, ""), ROUNDS
        )
        note = f"p99 {beside:.2f} ms beside {alone:.2f} ms"
        limit = 2.0 if name in JAILED else None
        yield Figure(f"sandbox {name}, beside a loop of {whose}", ratio, "×", limit, at_most=True, note=note)


def _others(calls: Conversation, name: str, looping: str) -> float:
    answer = calls.ask(measure="others", sandbox=name, seconds=SECONDS, looping=looping)
    return float(answer["p99"])


def _kept(calls: Conversation) -> Iterator[Figure]:
    """Processes that stay, each having served one call, and waiting for the next."""
    before = leaves(calls.pid)
    calls.ask(measure="keep", sandbox="restricted", tenants=KEPT)
    try:
        idle = [memory(pid) for pid in leaves(calls.pid) - before]
    except PermissionError as error:
        yield Figure("an idle process", None, "MB", note=f"cannot be looked into: {error}; run this as root")
        return
    pss, private = (statistics.median(getattr(each, kind) for each in idle) / MEGABYTE for kind in ("pss", "private"))
    yield Figure("an idle process, PSS", pss, "MB", 15.0, at_most=True, note=f"median of {len(idle)}")
    yield Figure("an idle process, of its own", private, "MB", note="private pages")


def _runs(calls: Conversation, name: str) -> bool:
    """Whether a sandbox of another make takes the program."""
    return bool(calls.ask(measure="takes", sandbox=name))
