"""What comes out of a program: its result, its mistakes, its output."""

import asyncio
import time
from typing import Any

import attrs

from ...contracts import Capability, Ending, Isolation, Limits, Program, Run, Sandbox
from ...problems import Problem
from .sandbox_calls import SPIN, SandboxCalls, told

VALUES: tuple[Any, ...] = (
    None,
    True,
    -1,
    2**53,
    1.5,
    "",
    "ü\u0000\U0001f600",
    [],
    [1, [2, [3]]],
    {},
    {"a": {"b": [None, False]}},
)


class SandboxResults(SandboxCalls):
    """Results, errors and output."""

    async def test_values_go_in_and_out_as_they_are(self, sandbox: Sandbox) -> None:
        results = await asyncio.gather(*(self.value(sandbox, "return x", value) for value in VALUES))
        for value, found in zip(VALUES, results, strict=True):
            assert found == value, f"{value!r} came back as {found!r}"
            assert type(found) is type(value), f"{value!r} came back as {found!r}"

    async def test_the_program_computes(self, sandbox: Sandbox) -> None:
        body = "total = 0\nfor i in range(10):\n    total = total + i * x\nreturn {'total': total}"
        assert await self.value(sandbox, body, 2) == {"total": 90}, "10 steps of a loop did not add up to 90"

    async def test_an_outcome_says_how_well_it_was_contained(self, sandbox: Sandbox) -> None:
        outcome = await self.call(sandbox, "return 1")
        assert isinstance(sandbox.isolation, Isolation), f"the sandbox says isolation {sandbox.isolation!r}"
        assert outcome.isolation == sandbox.isolation, f"it ran at {outcome.isolation!r}, not {sandbox.isolation!r}"

    async def test_an_exception_has_its_type_message_and_line(self, sandbox: Sandbox) -> None:
        outcome = await self.call(sandbox, "y = x\n\nraise ValueError('no such colour')")
        assert outcome.ending is Ending.EXCEPTION, f"not an exception but {told(outcome)}"
        failure = outcome.failure
        assert failure is not None, "an exception without its failure"
        assert failure.type == "ValueError", f"the type is {failure.type!r}, not ValueError"
        assert "no such colour" in failure.message, f"the message is {failure.message!r}"
        assert failure.line == 4, f"the line is {failure.line}; it was raised in line 4 of the user's source"

    async def test_an_exception_of_the_language_has_its_line(self, sandbox: Sandbox) -> None:
        outcome = await self.call(sandbox, "y = 1\nreturn y / x", 0)
        assert outcome.ending is Ending.EXCEPTION, f"not an exception but {told(outcome)}"
        assert outcome.failure is not None, "an exception without its failure"
        found = (outcome.failure.type, outcome.failure.line)
        assert found == ("ZeroDivisionError", 3), f"a division by zero in line 3 is told as {found}"

    async def test_a_syntax_error_is_a_violation_with_its_line(self, sandbox: Sandbox) -> None:
        run = self.run_of("y = 1\ny = = 2")
        found = await sandbox.check(run.tenant, run.program, run.limits)
        assert found, "check lets a syntax error pass"
        assert found[0].code == "SYNTAX", f"the code of a syntax error is {found[0].code}"
        assert found[0].line == 3, f"the line is {found[0].line}; the error is in line 3"
        assert found[0].column >= 1, f"the column is {found[0].column}; columns count from 1"
        outcome = await sandbox.run(run)
        assert outcome.ending is Ending.VIOLATION, f"it runs what check refuses: {told(outcome)}"
        assert outcome.violations, "a violation is not told"

    async def test_a_missing_entry_is_a_violation(self, sandbox: Sandbox) -> None:
        self.needs(Capability.FUNCTION)
        program = Program("def other(x):\n    return x\n", "main")
        codes = [v.code for v in await sandbox.check("test", program, self.limits)]
        assert codes == ["MISSING_ENTRY"], f"a program without its entry is told as {codes}"
        outcome = await sandbox.run(Run("test", program, self.run_of("return x").arguments, self.limits))
        assert outcome.ending is Ending.VIOLATION, f"it runs a program without its entry: {told(outcome)}"

    async def test_a_source_that_is_too_long_is_a_violation(self, sandbox: Sandbox) -> None:
        limits = attrs.evolve(self.limits, source=200)
        run = self.run_of("x = '" + "a" * 300 + "'\nreturn x", limits=limits)
        codes = [v.code for v in await sandbox.check("test", run.program, limits)]
        assert "SIZE" in codes, f"300 letters in a source of at most 200 bytes are told as {codes}"
        outcome = await sandbox.run(run)
        assert outcome.ending is Ending.VIOLATION, f"it runs a source that is too long: {told(outcome)}"

    async def test_loops_in_loops_have_a_limit(self, sandbox: Sandbox) -> None:
        deep = "".join(f"{'    ' * n}for a{n} in [1]:\n" for n in range(4)) + "    " * 4 + "pass\nreturn 1"
        run = self.run_of(deep, limits=attrs.evolve(self.limits, nesting=3))
        codes = [v.code for v in await sandbox.check("test", run.program, run.limits)]
        assert codes == ["NESTING"], f"4 loops in one another, where 3 are allowed, are told as {codes}"
        assert await self.value(sandbox, deep) == 1, "4 loops in one another are within 10"

    async def test_a_check_runs_nothing(self, sandbox: Sandbox) -> None:
        for body in ("raise ValueError('it ran')", SPIN):
            source = f"{body}\ndef main(x):\n    return x\n" if self.has(Capability.FUNCTION) else body
            program = Program(source, "main" if self.has(Capability.FUNCTION) else None)
            started = time.monotonic()
            found = await sandbox.check("test", program, Limits(wall=2.0))
            taken = time.monotonic() - started
            assert not found, f"a program that only misbehaves when it runs is refused: {found}"
            assert taken < 2.0, f"the check took {taken:.1f} seconds: did it run the program?"

    async def test_each_run_starts_anew(self, sandbox: Sandbox) -> None:
        self.needs(Capability.FUNCTION)
        program = Program("seen = []\ndef main(x):\n    seen.append(x)\n    return len(seen)\n", "main")
        for tenant in ("test", "test", "other"):
            run = Run(tenant, program, self.run_of("return x").arguments, self.limits)
            outcome = await sandbox.run(run)
            assert outcome.ending is Ending.RESULT, f"no result but {told(outcome)}"
            assert outcome.result.strip() == b"1", f"a run found what {outcome.result!r} minus 1 others had left"

    async def test_results_at_once_are_not_mixed_up(self, sandbox: Sandbox) -> None:
        found = await asyncio.gather(*(self.value(sandbox, "return [x, x * x]", n) for n in range(12)))
        assert found == [[n, n * n] for n in range(12)], f"calls at once gave {found}"

    async def test_what_it_prints_is_its_output(self, sandbox: Sandbox) -> None:
        outcome = await self.call(sandbox, "print('hello', x)\nprint('ü')\nreturn 1", 7)
        assert outcome.ending is Ending.RESULT, f"no result but {told(outcome)}"
        wanted = "hello 7\nü\n".encode()
        assert outcome.stdout.data == wanted, f"stdout is {outcome.stdout.data!r}"
        assert not outcome.stdout.truncated, "the output is told to be cut, and is not"
        assert outcome.stdout.total == len(wanted), f"the total is {outcome.stdout.total}, not {len(wanted)}"

    async def test_output_before_an_exception_is_kept(self, sandbox: Sandbox) -> None:
        outcome = await self.call(sandbox, "print('so far')\nraise ValueError('then')")
        assert outcome.stdout.data == b"so far\n", f"of what was printed before is left {outcome.stdout.data!r}"

    async def test_long_output_keeps_its_head_and_its_tail(self, sandbox: Sandbox) -> None:
        body = "print('first')\nfor i in range(3000):\n    print('-' * 9)\nprint('last')\nreturn 1"
        outcome = await self.call(sandbox, body, limits=attrs.evolve(self.limits, output=2000))
        out = outcome.stdout
        assert out.truncated, "30 KB of output within a limit of 2000 bytes are not told to be cut"
        assert len(out.data) <= 2200, f"the output has {len(out.data)} bytes; the limit is 2000"
        assert out.total == 30011, f"the total is {out.total}; the program wrote 30011 bytes"
        assert out.data.startswith(b"first\n"), "the head of the output is lost"
        assert out.data.endswith(b"last\n"), "the tail of the output is lost"

    async def test_output_streams(self, sandbox: Sandbox) -> None:
        self.needs(Capability.STREAMING)
        came: list[tuple[float, bytes]] = []
        limits = attrs.evolve(self.limits, wall=0.6)
        body = f"print('early', flush=True)\n{SPIN}"
        await self.call(sandbox, body, limits=limits, sink=lambda _, data: came.append((time.monotonic(), data)))
        ended = time.monotonic()
        assert b"".join(data for _, data in came) == b"early\n", f"the sink got {came}"
        assert ended - came[0][0] > 0.3, "what a program writes comes only when it has ended"

    async def test_what_is_not_declared_is_refused(self, sandbox: Sandbox) -> None:
        plain = self.run_of("return 1")
        undeclared = {
            Capability.FUNCTION: Run("test", Program("def main():\n    return 1\n", "main"), (), self.limits),
            Capability.BODY: Run("test", Program("return 1\n"), (), self.limits),
            Capability.STDIN: attrs.evolve(plain, stdin=b"data"),
            Capability.FILES: attrs.evolve(plain, files={"a.txt": b"data"}),
        }
        for capability, run in undeclared.items():
            if self.has(capability):
                continue
            try:
                outcome = await sandbox.run(run)
            except Problem:
                continue
            assert outcome.ending is Ending.VIOLATION, f'"{capability}" is not declared, and used: {told(outcome)}'

    async def test_an_exit_is_no_result(self, sandbox: Sandbox) -> None:
        self.needs(Capability.FULL_PYTHON)
        outcome = await self.call(sandbox, "import sys\nsys.exit(3)")
        assert outcome.ending is not Ending.RESULT, "a program that exits has a result"
        code = outcome.failure.exit_code if outcome.failure else None
        assert code == 3, f"the exit code is told as {code}"
