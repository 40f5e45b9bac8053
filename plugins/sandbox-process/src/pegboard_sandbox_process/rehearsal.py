"""Running a program of our own where no job is yet: what the next one needs is then at hand. Standard library only.

A fresh process copies each page that it touches first, and CPython adapts a function's instructions to what it sees
after some eight calls. The zygote rehearses before it forks, a prepared child while it waits for its job.
"""

from __future__ import annotations

import gc
import sys

from pegboard_sandbox_process.child import Job
from pegboard_sandbox_process.serving import answer, serve

TYPE_CHECKING = False  # typing itself would add half a megabyte to every fork
if TYPE_CHECKING:
    from typing import NoReturn

    from pegboard_sandbox_process.child import Language

SAMPLE = '''
from collections import defaultdict


def sample(data, request, user):
    """A little of everything that programs do."""
    groups: dict = defaultdict(float)
    for row in data.get("rows", []):
        groups[row["key"][:7]] += row["value"]
    names = sorted([key for key, value in groups.items() if value], key=lambda key: -groups[key])
    try:
        return {"names": names, "total": sum(groups.values()), "text": f"{len(names):,.2f}"}
    except (KeyError, ValueError) as error:
        return {"error": str(error)}
'''

RUNS = 20

LIMITS = {"result": 65536, "recursion": 100, "nesting": 10, "source": 65536, "files": 65536, "wall": 5.0}


def rehearse(language: Language, runs: int = 1) -> None:
    """Nothing else is left of it: a language makes the program a module, and that module goes."""
    main = sys.modules["__main__"]
    for _ in range(runs):
        rows = {"rows": [{"key": "2000-01-01", "value": 1.0}] * 20}
        answer(language, Job("run", SAMPLE, "sample", [rows, None, None], LIMITS))
    sys.modules["__main__"] = main
    gc.collect()


def serve_prepared(channel: int, language: Language) -> NoReturn:
    """As `serve`, where the job is not there yet."""
    rehearse(language)
    serve(channel, language)
