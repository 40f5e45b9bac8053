"""Attacks by way of files and standard input: on the next call, on the machine, on the memory."""

import asyncio
import os
import time

import attrs
import pytest

from pegboard import Ending, Program, Run
from pegboard_sandbox_process import Jail, files

pytestmark = pytest.mark.anyio

MEGABYTE = 1 << 20
SPOILED = {
    "a name with folders": "folder.contents['../../etc/passwd'] = folder.contents.pop('x')",
    "a name that is no text": "folder.contents['\\ud800'] = folder.contents.pop('x')",
    "a name of another type": "folder.contents[7] = folder.contents.pop('x')",
    "a length that is a lie": "class L(bytearray):\n    def __len__(self): return 10\nfolder.contents['x'].data = L(9)",
    "no contents": "folder.contents = None",
    "a content of another type": "folder.contents['x'].data = 'text'",
    "an end that never comes": "class F:\n    def __call__(self): return self\n    def flush(self):\n"
                               "        while True: pass\nfolder.opened[7] = folder.enter('y', 65)\n"
                               "folder.opened[7].stream = F()",
    "a flush that exits": "class F:\n    def __call__(self): return self\n    def flush(self): raise SystemExit(9)\n"
                          "folder.enter('y', 65).stream = F()",
    "another kernel": "os.write = lambda fd, data: len(data)",
    "a folder that is gone": "import builtins\ndel builtins.open, os.open",
}  # fmt: skip


@pytest.mark.parametrize("name", SPOILED)
async def test_a_program_that_spoils_its_own_folder_spoils_its_own_call(run, name: str) -> None:
    source = f"import os\nfolder = open.__self__\nopen('x', 'w').write('y')\n{SPOILED[name]}\nreturn 1"
    ended = await run(source, wall=0.5)
    assert not [name for name in ended.files if files.wrong_name(name)]
    assert (await run("import os\nreturn os.listdir('.')")).result == b"[]"


async def test_nothing_is_left_for_the_next_call_or_tenant(jail: Jail) -> None:
    leave = Program("import os\nos.open('left', os.O_CREAT)\nopen('data', 'w').write('secret')\nreturn input()")
    look = Program("import os, sys\nreturn [os.listdir('.'), os.path.exists('data'), sys.stdin.read()]")
    for tenant in ("a", "a", "b"):
        assert (await jail.run(Run("a", leave, stdin=b"secret", files={"given": b"secret"}))).result == b'"secret"'
        assert (await jail.run(Run(tenant, look))).result == b'[[],false,""]'


ELSEWHERE = [
    "../x", "/etc/passwd", "a/../../etc/passwd", "/files/../etc/passwd", "/proc/self/environ", "/proc/self/fd/3",
    "/dev/stdin", "/dev/shm/x", "~/x", "a/b", "/", "/files/x/../../etc/passwd",
]  # fmt: skip


HOW = [
    "open(p)", "open(p, 'w')", "os.open(p, os.O_RDWR | os.O_CREAT)", "os.stat(p)", "os.remove(p)",
    "os.rename('given', p)", "os.truncate(p, 0)", "os.listdir(p)",
]  # fmt: skip


@pytest.mark.parametrize("path", ELSEWHERE)
@pytest.mark.parametrize("how", HOW)
async def test_a_path_to_elsewhere_is_the_kernels_to_refuse(jail: Jail, how: str, path: str) -> None:
    source = f"import os\np = {path!r}\ntry: {how}\nexcept OSError as e: return [e.errno, type(e).__name__]"
    ended = await jail.run(Run("t", Program(source), files={"given": b"1"}))
    assert (ended.result, ended.files) == (b'[1,"PermissionError"]', {}), ended


@pytest.mark.parametrize(
    "how", ["os.symlink('/etc/passwd', 'x')", "os.link('given', 'x')", "os.readlink('given')", "os.mkdir('x')",
            "os.mkfifo('x')", "os.mknod('x')", "os.chroot('.')", "os.chown('given', 0, 0)", "os.makedirs('x/y')"]
)  # fmt: skip
async def test_there_is_nothing_but_files(jail: Jail, how: str) -> None:
    source = f"import os\ntry: {how}\nexcept OSError as e: return [type(e).__name__, os.listdir('.')]"
    ended = await jail.run(Run("t", Program(source), files={"given": b"1"}))
    assert (ended.result, ended.files) == (b'["PermissionError",["given"]]', {}), ended


async def test_a_path_that_changes_its_mind_leads_nowhere(run) -> None:
    source = (
        "class P:\n    n = 0\n    def __fspath__(self):\n        self.n += 1\n"
        "        return 'x' if self.n % 2 else '/etc/passwd'\n"
        "class S(str):\n    def startswith(self, *a): return True\n    def __format__(self, s): return '/etc/passwd'\n"
        "found = []\nfor path in (P(), S('/etc/passwd'), S('x')):\n    for _ in range(3):\n"
        "        try: found.append(open(path).read())\n        except OSError: pass\nreturn found"
    )
    assert (await run(source)).result == b"[]"


GROWING = {
    "written": "f = open('x', 'wb')\nwhile True: f.write(bytes(1 << 20))",
    "appended": "while True:\n    with open('x', 'ab') as f: f.write(bytes(1 << 16))",
    "far away": "f = open('x', 'wb')\nf.seek(1 << 40)\nf.write(b'x')",
    "stretched": "open('x', 'wb').truncate(1 << 40)",
    "by descriptor": "import os\nfd = os.open('x', os.O_CREAT | os.O_WRONLY)\nwhile True: os.write(fd, bytes(1 << 20))",
    "many": "n = 0\nwhile True:\n    n += 1\n    open(str(n), 'wb').write(bytes(1 << 16))",
    "many that are empty": "n = 0\nwhile True:\n    n += 1\n    open('x' * 200 + str(n), 'wb')",
    "kept open": "kept = []\nwhile True: kept.append(open(str(len(kept)), 'w'))",
}


@pytest.mark.parametrize("how", GROWING)
async def test_files_that_grow_are_limited_by_memory(run, how: str) -> None:
    ended = await run(GROWING[how], memory=64 * MEGABYTE, wall=30.0)
    assert (ended.ending, ended.failure.limit) == (Ending.LIMIT, "memory")
    assert ended.memory < 120 * MEGABYTE


async def test_ten_thousand_files_are_too_many_and_no_trouble(run) -> None:
    started = time.monotonic()
    ended = await run("for n in range(10_000): open(str(n), 'w').write('x')\nreturn 1", wall=20.0)
    assert (ended.ending, ended.failure.limit, ended.files) == (Ending.LIMIT, "files", {})
    assert "1000 files" in ended.failure.message
    assert time.monotonic() - started < 20
    assert len((await run("for n in range(1000): open(str(n), 'w').write('x')\nreturn 1", wall=20.0)).files) == 1000


async def test_files_leave_no_descriptor(jail: Jail) -> None:
    run = Run("t", Program("open('o', 'w').write(open('i').read() + input())"), stdin=b"x", files={"i": b"y"})
    await jail.run(run)
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(20):
        assert (await jail.run(run)).files == {"o": b"yx"}
    assert len(os.listdir("/proc/self/fd")) <= before


async def test_a_cancelled_call_with_much_to_send_leaves_nothing(jail: Jail) -> None:
    before = len(os.listdir("/proc/self/fd"))
    run = Run("t", Program("while True: pass"), files={"i": bytes(16 * MEGABYTE)}, stdin=bytes(MEGABYTE))
    task = asyncio.create_task(jail.run(run))
    await asyncio.wait([task], timeout=0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await jail.run(attrs.evolve(run, program=Program("return input.__name__")))).result == b'"input"'
    assert len(os.listdir("/proc/self/fd")) <= before
