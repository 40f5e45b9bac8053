"""Which programs are said to give the same for the same."""

from typing import Any

import pytest

from pegboard import Program
from pegboard_sandbox_restricted.repeating import repeats

pytestmark = pytest.mark.anyio

PLAIN = [
    "return sum(data)",
    "import json\nreturn json.loads(data)",
    "import datetime\nreturn datetime.datetime.fromisoformat('2026-01-01').isoformat()",
    "from statistics import mean\nreturn mean([1, 2])",
]
CHANGING = [
    "import time\nreturn time.time()",
    "from time import perf_counter as seen\nreturn seen()",
    "import datetime\nreturn datetime.datetime.now().isoformat()",
    "from datetime import datetime as when\nclock = when.utcnow\nreturn str(clock())",
    "import datetime\nreturn str(getattr(datetime.datetime, 'n' + 'ow')())",
    "import datetime\nreturn str(datetime.datetime.\uff4eow())",
    "import datetime\nreturn str([*map(datetime.datetime.now, [None])])",
]


@pytest.mark.parametrize("source", PLAIN)
def test_what_has_no_clock_in_reach_repeats(source: str) -> None:
    assert repeats(Program(source))


@pytest.mark.parametrize("source", CHANGING)
async def test_no_way_to_a_clock_is_taken_for_a_program_that_repeats(jailed: Any, source: str) -> None:
    assert not repeats(Program(source))
    first, second = await jailed.run(source), await jailed.run(source)
    assert first.result, first
    assert first.result != second.result, "it is a way to a clock"
