"""What a program prints: captured, cut, and forwarded while it runs."""

import pytest

from pegboard import Ending, Program, Run
from pegboard_sandbox_process import Jail

pytestmark = pytest.mark.anyio


async def test_output_is_captured_whoever_writes_it(run) -> None:
    outcome = await run("import os, sys\nprint('a')\nos.write(1, b'b\\n')\nsys.stderr.write('c')\nreturn 1")
    assert (outcome.stdout.data, outcome.stderr.data, outcome.result) == (b"a\nb\n", b"c", b"1")


async def test_output_before_a_time_out_is_kept(run) -> None:
    assert (await run("print('so far')\nwhile True: pass", wall=0.3)).stdout.data == b"so far\n"


async def test_long_output_keeps_head_and_tail_and_the_result(run) -> None:
    outcome = await run("for i in range(200000): print(i)\nreturn 'done'", output=1000, wall=20.0)
    assert outcome.result == b'"done"'
    assert outcome.stdout.truncated
    assert outcome.stdout.total == sum(len(str(i)) + 1 for i in range(200000))
    assert outcome.stdout.data.startswith(b"0\n1\n2\n")
    assert outcome.stdout.data.endswith(b"199999\n")
    assert len(outcome.stdout.data) < 1100


async def test_a_gigabyte_of_output_is_only_cut(run) -> None:
    outcome = await run("import os\nfor _ in range(1024): os.write(1, bytes(1 << 20))", wall=30.0)
    assert (outcome.ending, outcome.stdout.truncated, outcome.stdout.total) == (Ending.RESULT, True, 1 << 30)


async def test_output_is_forwarded_as_it_comes(jail: Jail) -> None:
    seen: list[tuple[str, bytes]] = []
    source = "import sys, time\nprint('one')\ntime.sleep(0.2)\nprint('two', file=sys.stderr)"
    outcome = await jail.run(Run("t", Program(source), sink=lambda stream, data: seen.append((stream, data))))
    assert seen == [("stdout", b"one\n"), ("stderr", b"two\n")]
    assert outcome.stdout.data == b"one\n"
