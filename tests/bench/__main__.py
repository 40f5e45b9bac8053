"""Run the measurements, print a table, write a file; exit code 1 if a limit is not kept."""

import argparse
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from .console import console
from .endpoints import endpoints
from .execute import execute
from .figures import Figure, show, write
from .following import following
from .integrations import integrations
from .jobs import jobs
from .kernel import routes, start
from .log import log
from .models import models
from .processes import Missing
from .sandbox import sandbox
from .saved import saved
from .storefront import storefront
from .webhooks import webhooks

MEASURES: dict[str, Callable[[], Iterator[Figure]]] = {
    "start": start,
    "routes": routes,
    "sandbox": sandbox,
    "endpoints": endpoints,
    "saved": saved,
    "integrations": integrations,
    "webhooks": webhooks,
    "jobs": jobs,
    "execute": execute,
    "following": following,
    "models": models,
    "storefront": storefront,
    "console": console,
    "log": log,
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
