"""Run the measurements, print a table, write a file; exit code 1 if a limit is not kept."""

import argparse
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from .endpoints import endpoints
from .figures import Figure, show, write
from .integrations import integrations
from .kernel import routes, start
from .processes import Missing
from .sandbox import sandbox
from .saved import saved

MEASURES: dict[str, Callable[[], Iterator[Figure]]] = {
    "start": start,
    "routes": routes,
    "sandbox": sandbox,
    "endpoints": endpoints,
    "saved": saved,
    "integrations": integrations,
}


def measured(name: str) -> Iterator[Figure]:
    print(f"measuring {name} …", file=sys.stderr, flush=True)
    try:
        yield from MEASURES[name]()
    except Missing as missing:
        yield Figure(name, None, "", note=str(missing))


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("measures", nargs="*", choices=[*MEASURES, []], help="all of them by default")
    parser.add_argument("--json", type=Path, default=Path("bench.json"), help="where the figures are written")
    options = parser.parse_args()
    figures = [figure for name in options.measures or MEASURES for figure in measured(name)]
    show(figures)
    write(figures, options.json)
    print(f"figures are in {options.json.resolve()}", file=sys.stderr)
    return 1 if any(figure.kept is False for figure in figures) else 0


sys.exit(main())
