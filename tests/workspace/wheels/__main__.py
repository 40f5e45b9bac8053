"""Build, check, install, start and test each distribution by itself; a table at the end.

``tox run -e wheel`` for all, ``tox run -e wheel -- store kernel plugins/vault`` for some: by name or by folder.
"""

import os
import sys
import tempfile
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ..tree import ROOT, Distribution, distributions
from .build import build
from .proof import Proof, Result, closure

COLUMNS = ("contents", "install", "check", "active", "tests")


def main(names: list[str]) -> int:
    """The exit code: 0 if all distributions stand alone, 1 if one does not, 2 for a name that is none."""
    everything, names = distributions(ROOT), [placed(name) for name in names]
    chosen = [one for one in everything if not names or one.place in names or one.folder.name in names]
    if strangers := set(names) - {name for one in chosen for name in (one.place, one.folder.name)}:
        print(f"no such distribution: {', '.join(sorted(strangers))}", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="pegboard-wheel-") as folder:
        shelf = {one.name: one for one in everything}
        wheels = build([shelf[name] for name in closure(chosen, shelf, "test")], Path(folder))
        proofs = [Proof(one, shelf, wheels, Path(folder, one.name)) for one in chosen]
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            rows = list(zip(chosen, pool.map(prove, proofs), strict=True))
    print(table(rows))
    failed = sum(any(result.failed for result in results) for _, results in rows)
    print(f"{len(rows) - failed} passed, {failed} failed")
    return 1 if failed else 0


def placed(name: str) -> str:
    """The name of a folder as the tree has it: tox makes ``../kernel`` of ``kernel``, as it is a path that exists."""
    path = Path(name).resolve()
    return path.relative_to(ROOT).as_posix() if path.is_dir() and path.is_relative_to(ROOT) else name


def prove(proof: Proof) -> list[Result]:
    started, results = time.monotonic(), list(proof.results())
    for result in results:
        if result.failed:
            print(f"\n{proof.distribution.name}: {result.step} failed\n{result.said}\n", flush=True)
    print(f"{proof.distribution.name}: {time.monotonic() - started:.0f} s", flush=True)
    return results


def table(rows: Iterable[tuple[Distribution, list[Result]]]) -> str:
    """A line per distribution, a column per step, with seconds."""
    lines = [["distribution", *COLUMNS, "seconds"]]
    for distribution, results in rows:
        said = {result.step: "FAILED" if result.failed else result.said for result in results}
        seconds = sum(result.seconds for result in results)
        lines.append([distribution.name, *(said.get(column, "-") for column in COLUMNS), f"{seconds:.1f}"])
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
