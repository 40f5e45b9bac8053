"""What a program is given to read, and the files that it leaves."""

from collections.abc import Mapping
from typing import Any

import attrs
import orjson

from ...contracts import Capability, Ending, Outcome, Sandbox
from ...problems import Problem
from .sandbox_calls import SandboxCalls, told

NAMES = ("", ".", "..", "a/b", "../a", "/etc/passwd", "a\0b", "x" * 256, "ü" * 128, "\ud800")
"""What is no name of a file."""


class SandboxFiles(SandboxCalls):
    """Standard input and files, for sandboxes that run all of Python and declare the one or the other."""

    async def test_standard_input_is_read(self, sandbox: Sandbox) -> None:
        self._reads()
        found = await self.value(sandbox, "import sys\nreturn sys.stdin.read()", stdin="zwölf\nb\n".encode())
        assert found == "zwölf\nb\n", f"standard input was read as {found!r}"

    async def test_standard_input_is_read_as_bytes(self, sandbox: Sandbox) -> None:
        self._reads()
        data = bytes(range(256)) * 300
        found = await self.value(sandbox, "import sys\nreturn list(sys.stdin.buffer.read())", stdin=data)
        assert found == list(data), f"{len(data)} bytes of standard input were read as {len(found)} others"

    async def test_input_reads_lines_until_the_end(self, sandbox: Sandbox) -> None:
        self._reads()
        body = "found = [input(), input()]\ntry:\n    found.append(input())\nexcept EOFError:\n    return found"
        found = await self.value(sandbox, body, stdin=b"one\ntwo")
        assert found == ["one", "two"], f"two lines of standard input were read as {found!r}"

    async def test_without_standard_input_it_ends_at_once(self, sandbox: Sandbox) -> None:
        self._reads()
        found = await self.value(sandbox, "import sys\nreturn [sys.stdin.read(), sys.stdin.read()]")
        assert found == ["", ""], f"nothing was given, and {found!r} was read"

    async def test_files_go_in_and_out(self, sandbox: Sandbox) -> None:
        self._has_files()
        body = (
            "with open('in.txt') as f:\n    t = f.read()\nwith open('out.txt', 'w') as f:\n    f.write(t * 2)\n"
            "with open('bytes', 'wb') as f:\n    f.write(bytes(range(256)))\nreturn t"
        )
        outcome = await self._ended(sandbox, body, {"in.txt": b"ab"})
        assert orjson.loads(outcome.result) == "ab", f"the file was read as {outcome.result!r}"
        expected = {"out.txt": b"abab", "bytes": bytes(range(256))}
        assert outcome.files == expected, f"the files that came out are {dict(outcome.files)}"

    async def test_files_that_were_changed_come_out(self, sandbox: Sandbox) -> None:
        self._has_files()
        body = (
            "import os\nopen('read').read()\nwith open('more', 'a') as f:\n    f.write('!')\n"
            "os.remove('gone')\nos.rename('old', 'new')\nreturn sorted(os.listdir('.'))"
        )
        given = {"read": b"1", "more": b"2", "gone": b"3", "old": b"4"}
        outcome = await self._ended(sandbox, body, given)
        assert orjson.loads(outcome.result) == ["more", "new", "read"], f"it found the files {outcome.result!r}"
        assert outcome.files == {"more": b"2!", "new": b"4"}, f"of those came out {dict(outcome.files)}"

    async def test_files_come_with_an_exception(self, sandbox: Sandbox) -> None:
        self._has_files()
        body = "with open('log', 'w') as f:\n    f.write('so far')\nraise ValueError('then')"
        outcome = await self.call(sandbox, body)
        assert outcome.ending is Ending.EXCEPTION, f"not an exception but {told(outcome)}"
        assert outcome.files == {"log": b"so far"}, f"of what was written before is left {dict(outcome.files)}"

    async def test_files_are_of_one_call(self, sandbox: Sandbox) -> None:
        self._has_files()
        await self._ended(sandbox, "open('left', 'w').close()", {"given": b"1"})
        for tenant in ("test", "other"):
            found = await self.value(sandbox, "import os\nreturn os.listdir('.')", tenant=tenant)
            assert found == [], f"a call found the files {found} of the one before"

    async def test_names_that_cannot_be_are_refused(self, sandbox: Sandbox) -> None:
        self._has_files()
        for name in NAMES:
            refused = await self._refused(sandbox, "return 1", {"good": b"", name: b"x"})
            assert repr(name) in refused.detail, f"of {name!r} is told {refused.detail!r}"

    async def test_files_that_are_too_large_are_refused(self, sandbox: Sandbox) -> None:
        self._has_files()
        limits = attrs.evolve(self.limits, files=1000)
        await self._ended(sandbox, "return 1", {"a": bytes(600), "b": bytes(400)}, limits=limits)
        await self._refused(sandbox, "return 1", {"a": bytes(600), "b": bytes(401)}, limits=limits)

    async def test_files_that_come_out_are_limited(self, sandbox: Sandbox) -> None:
        self._has_files()
        limits = attrs.evolve(self.limits, files=1000)
        body = "for name in 'ab':\n    with open(name, 'w') as f:\n        f.write('-' * x)\nreturn 1"
        fits = await self._ended(sandbox, body, {}, 500, limits=limits)
        assert sum(map(len, fits.files.values())) == 1000, f"of 1000 bytes within 1000 came out {dict(fits.files)}"
        over = await self.call(sandbox, body, 501, limits=limits)
        assert over.ending is Ending.LIMIT, f"not the limit of files but {told(over)}"
        assert over.failure is not None, "a limit without its failure"
        found = (over.failure.limit, over.failure.allowed)
        assert found == ("files", 1000), f"1002 bytes in files within 1000 are told as {found}"

    def _reads(self) -> None:
        self.needs(Capability.STDIN, Capability.FULL_PYTHON)

    def _has_files(self) -> None:
        self.needs(Capability.FILES, Capability.FULL_PYTHON)

    async def _ended(
        self, sandbox: Sandbox, body: str, files: Mapping[str, bytes], x: Any = 0, **options: Any
    ) -> Outcome:
        outcome = await self.call(sandbox, body, x, files=files, **options)
        assert outcome.ending is Ending.RESULT, f"no result but {told(outcome)} of:\n{body}"
        return outcome

    async def _refused(self, sandbox: Sandbox, body: str, files: Mapping[str, bytes], **options: Any) -> Problem:
        try:
            outcome = await self.call(sandbox, body, files=files, **options)
        except Problem as problem:
            refused = problem
        else:
            raise AssertionError(f"files {list(files)} are taken: {told(outcome)}")
        assert refused.status == 422, f"the mistake is the caller's, and told as {refused.status}"
        return refused
