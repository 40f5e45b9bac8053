"""An API that is declared, walked, mapped and stored, beside what people use for that, and beside code by hand."""

import os
import re
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager

from .environments import python_with
from .figures import Figure, in_turn
from .kernel import KEY
from .memory import MEGABYTE
from .processes import Conversation, Missing, conversation, peer, script

RECORDS = 20_000
PAGE = 100
MANY, FEW = 1_000_000, 10_000
ROUNDS = 3
MAPPED = 400
GROWS_AT_MOST = 1.25


def integrations() -> Iterator[Figure]:
    with ExitStack() as stack:
        port = stack.enter_context(_api(RECORDS))
        walks = stack.enter_context(_walks(port))
        yield from _mapper(walks, port)
        yield from _preview(walks, port)
        yield from _stored(walks, port)
    yield from _memory()


def _api(records: int) -> AbstractContextManager[int]:
    return script(peer("api.py"), str(records // PAGE), str(PAGE))


@contextmanager
def _walks(*ports: int) -> Iterator[Conversation]:
    with tempfile.TemporaryDirectory() as folder:
        origins = ",".join(f"http://127.0.0.1:{port}" for port in ports)
        environment = {
            "PATH": os.environ["PATH"],
            "PEGBOARD_DATA": folder,
            "API_KEY": KEY,
            "PEGBOARD_LOG__LEVEL": "error",
            "PEGBOARD_EGRESS__ALLOW_ORIGINS": origins,
        }
        with conversation([sys.executable, "-m", "bench.walks"], environment) as walks:
            yield walks


def _printed(python: str, name: str, port: int) -> float:
    """Records per second, as a peer's script prints them last."""
    command = [python, str(peer(name)), str(port)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tempfile.gettempdir())
    found = re.findall(r"records (\d+) .*?rate (\d+)/s", done.stdout)
    if done.returncode or not found:
        raise Missing(f"{name}: {done.stderr.strip()[-300:]}")
    records, rate = found[-1]
    if int(records) != RECORDS:
        raise RuntimeError(f"{name} read {records} records of {RECORDS}")
    return float(rate)


def _floor(port: int) -> float:
    return _printed(sys.executable, "floor.py", port)


def _mapper(walks: Conversation, port: int) -> Iterator[Figure]:
    rounds = [walks.ask(measure="mapper", port=port, rounds=MAPPED) for _ in range(ROUNDS)]
    ratio = statistics.median(each["declared"] / each["by_hand"] for each in rounds)
    declared, by_hand = (statistics.median(each[name] for each in rounds) for name in ("declared", "by_hand"))
    yield Figure("ten declared fields", declared, "records/s", note=f"by hand: {by_hand:,.0f}")
    yield Figure("ten declared fields / a function by hand", ratio, "×", 0.5)


def _preview(walks: Conversation, port: int) -> Iterator[Figure]:
    def ours() -> float:
        walked = walks.ask(measure="preview", port=port)
        if walked["count"] != RECORDS:
            raise RuntimeError(f"{walked['count']} records of {RECORDS} were mapped")
        return float(walked["rate"])

    rate, limit, ratio = in_turn(ours, lambda: _floor(port), ROUNDS)
    yield Figure("walked and mapped", rate, "records/s", note=f"by hand: {limit:,.0f}")
    yield Figure("walked and mapped / by hand", ratio, "×", 0.55)
    yield from _beside("walked and mapped / airbyte-cdk", ours, port, "peer_airbyte.py", 30, "airbyte-cdk")
    yield from _beside("walked and mapped / dlt, extracted", ours, port, "peer_dlt.py", None, "dlt[duckdb]", "requests")
    yield from _beside("walked and mapped / Singer SDK", ours, port, "peer_singer.py", None, "singer-sdk")


def _beside(
    name: str, ours: Callable[[], float], port: int, peers: str, limit: float | None, *requirements: str
) -> Iterator[Figure]:
    try:
        python = python_with(re.sub(r"\W", "-", requirements[0]), *requirements)
        rate, theirs, ratio = in_turn(ours, lambda: _printed(python, peers, port), 2)
    except Missing as missing:
        yield Figure(name, None, "×", limit, note=str(missing))
    else:
        yield Figure(name, ratio, "×", limit, note=f"{rate:,.0f} beside {theirs:,.0f} records/s")


def _stored(walks: Conversation, port: int) -> Iterator[Figure]:
    numbers, kinds = iter(range(100)), [f"c_contact_{number}" for number in range(100)]
    unused = iter(kinds)

    def synced(kind: str, told: str) -> float:
        """Each time by another integration; `told` is the count that all its records are to be in."""
        done = walks.ask(measure="stored", port=port, name=f"bench {next(numbers)}", kind=kind)
        if done["run"]["status"] != "succeeded" or done["run"][told] != RECORDS:
            raise RuntimeError(f"the run ended so: {done['run']}")
        return RECORDS / float(done["seconds"])

    def new() -> float:
        kind = next(unused)
        walks.ask(measure="shard_type", kind=kind)
        return synced(kind, "created")

    fresh, limit, ratio = in_turn(new, lambda: _floor(port), ROUNDS)
    yield Figure("synced, new records", fresh, "records/s", note=f"by hand, not stored: {limit:,.0f}")
    yield Figure("synced, new records / by hand", ratio, "×", 0.28)
    again, _, ratio = in_turn(lambda: synced(kinds[0], "unchanged"), lambda: _floor(port), ROUNDS)
    yield Figure("synced, unchanged records / by hand", ratio, "×", note=f"{again:,.0f} records/s")
    yield from _beside(
        "synced, new records / dlt, merged", new, port, "peer_dlt_load.py", 10, "dlt[duckdb]", "requests"
    )


def _memory() -> Iterator[Figure]:
    """The peak of a process that walks so many, beside that of one that walks a hundredth."""
    with ExitStack() as stack:
        few, many = (stack.enter_context(_api(count)) for count in (FEW, MANY))
        peaks = []
        for port, count in ((few, FEW), (many, MANY)):
            with _walks(port) as walks:
                walked = walks.ask(measure="preview", port=port)
            if walked["count"] != count:
                raise RuntimeError(f"{walked['count']} records of {count} were mapped")
            peaks.append(walked["peak"])
    note = f"{peaks[1] / MEGABYTE:.0f} MB beside {peaks[0] / MEGABYTE:.0f} MB"
    name = f"memory of {MANY:,} records / of {FEW:,}"
    yield Figure(name, peaks[1] / peaks[0], "×", GROWS_AT_MOST, at_most=True, note=note)
