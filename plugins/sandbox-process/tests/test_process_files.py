"""Files in memory: what goes in, what the program does with them, what comes out."""

import json

import pytest

from pegboard import Ending, Limits, Problem, Program, Run
from pegboard_sandbox_process import FULL_PYTHON, Jail, ProcessSettings, Warmth, open_jail

pytestmark = pytest.mark.anyio

MEGABYTE = 1 << 20


ORDINARY = {
    "open": "with open('data.csv') as f: return f.read()",
    "io.open": "import io\nwith io.open('data.csv', encoding='utf-8') as f: return f.read()",
    "codecs": "import codecs\nwith codecs.open('data.csv', encoding='utf-8') as f: return f.read()",
    "bytes": "with open('data.csv', 'rb') as f: return f.read().decode()",
    "pathlib": "from pathlib import Path\nreturn Path('data.csv').read_text()",
    "pathlib, absolute": "from pathlib import Path\nreturn (Path.cwd() / 'data.csv').resolve().read_text()",
    "pathlib, listed": "from pathlib import Path\nreturn next(Path('.').glob('*.csv')).read_bytes().decode()",
    "os": "import os\nfd = os.open('data.csv', os.O_RDONLY)\nreturn os.read(fd, os.fstat(fd).st_size).decode()",
    "os.fdopen": "import os\nwith os.fdopen(os.open('data.csv', os.O_RDONLY)) as f: return f.read()",
    "listdir": "import os\nreturn ''.join(open(name).read() for name in os.listdir('.'))",
    "scandir": "import os\nreturn ''.join(open(entry).read() for entry in os.scandir() if entry.is_file())",
    "walk": "import os\nreturn [open(os.path.join(a, n)).read() for a, _, c in os.walk('.') for n in c][0]",
    "glob": "import glob\nreturn open(glob.glob('d*')[0]).read()",
    "shutil": "import shutil\nshutil.copy2('data.csv', 'x'); shutil.move('x', 'y')\nreturn open('y').read()",
    "tempfile": "import tempfile\nwith tempfile.NamedTemporaryFile('w+') as f:\n"
                "    f.write(open('data.csv').read()); f.seek(0)\n    return f.read()",
    "gzip": "import gzip\nwith gzip.open('x.gz', 'wt') as f: f.write(open('data.csv').read())\n"
            "return gzip.open('x.gz', 'rt').read()",
    "zipfile": "import zipfile\nwith zipfile.ZipFile('x.zip', 'w') as z: z.write('data.csv')\n"
               "return zipfile.ZipFile('x.zip').read('data.csv').decode()",
    "tarfile": "import tarfile\nwith tarfile.open('x.tar', 'w') as t: t.add('data.csv')\n"
               "return tarfile.open('x.tar').extractfile('data.csv').read().decode()",
    "csv": "import csv\nreturn '\\n'.join(','.join(row) for row in csv.reader(open('data.csv'))) + '\\n'",
    "linecache": "import linecache\nreturn ''.join(linecache.getlines('data.csv'))",
    "logging": "import logging\nlogging.basicConfig(filename='log', format='%(message)s')\n"
               "logging.error(open('data.csv').read().strip())\nreturn open('log').read()",
    "configparser": "import configparser\nc = configparser.ConfigParser()\n"
                    "open('i', 'w').write('[a]\\nb = a,ü\\n'); c.read('i')\nreturn c['a']['b'] + '\\n1,2\\n'",
    "xml": "import xml.etree.ElementTree as E\nE.ElementTree(E.Element('a', t=open('data.csv').read())).write('x')\n"
           "return E.parse('x').getroot().get('t')",
    "print": "print(open('data.csv').read(), end='', file=open('x', 'w'))\nreturn open('x').read()",
    "truncate": "f = open('x', 'w+'); f.write('a,ü\\n1,2\\nmore'); f.truncate(9); f.seek(0)\nreturn f.read()",
    "append": "open('x', 'w').write('a,ü\\n')\nopen('x', 'a').write('1,2\\n')\nreturn open('x').read()",
    "mtime": "import os\nassert os.path.getmtime('data.csv') > 1.6e9\nreturn open('data.csv').read()",
    "fsync": "import os\nf = open('data.csv')\nos.fsync(f.fileno())\nreturn f.read()",
}  # fmt: skip


@pytest.mark.parametrize("name", ORDINARY)
async def test_ordinary_code_reads_and_writes_files(given, name: str) -> None:
    outcome = await given(ORDINARY[name], data_csv="a,ü\n1,2\n".encode())
    assert outcome.failure is None, outcome.failure
    assert json.loads(outcome.result) == "a,ü\n1,2\n"


async def test_files_that_were_written_come_out(given) -> None:
    source = (
        "import json, os\nrows = open('in.txt').read()\njson.dump([rows], open('out.json', 'w'))\n"
        "open('changed.txt', 'a').write('!')\nos.remove('gone.txt')\nos.rename('old.txt', 'new.txt')\n"
        "return os.listdir()"
    )
    outcome = await given(source, in_txt=b"x", changed_txt=b"y", gone_txt=b"z", old_txt=b"w")
    assert sorted(json.loads(outcome.result)) == ["changed.txt", "in.txt", "new.txt", "out.json"]
    assert outcome.files == {"out.json": b'["x"]', "changed.txt": b"y!", "new.txt": b"w"}


async def test_a_call_without_files_may_write_some(run) -> None:
    outcome = await run(
        "import os\nassert os.listdir('.') == []\nopen('ü', 'w').write('x')\nopen('empty', 'w')\nreturn 1"
    )
    assert (outcome.ending, outcome.files) == (Ending.RESULT, {"ü": b"x", "empty": b""})


@pytest.mark.parametrize(
    "source", ["global f\nf = open('x', 'w')\nf.write('so far')", "f = open('x', 'w')\nf.write('so far')\n1/0"]
)
async def test_what_is_not_closed_is_written_out(run, source: str) -> None:
    assert (await run(source)).files == {"x": b"so far"}


@pytest.mark.parametrize(
    ("end", "ending"),
    [
        ("1/0", Ending.EXCEPTION), ("import sys\nsys.exit(3)", Ending.EXCEPTION), ("return {1}", Ending.LIMIT),
        ("def f(): f()\nf()", Ending.LIMIT), ("return 'x' * 2000000", Ending.LIMIT),
        ("x = bytearray(1 << 40)", Ending.LIMIT), ("import sys\nsys.exit()", Ending.RESULT),
    ],
)  # fmt: skip
async def test_files_come_with_every_end_that_the_process_lives_to_tell(run, end: str, ending: Ending) -> None:
    outcome = await run(f"open('x', 'w').write('so far')\n{end}")
    assert (outcome.ending, outcome.files) == (ending, {"x": b"so far"})


@pytest.mark.parametrize("end", ["import os\nos._exit(0)", "while True: pass", "import ctypes\nctypes.string_at(0)"])
async def test_a_process_that_is_killed_takes_its_files_along(run, end: str) -> None:
    assert (await run(f"open('x', 'w').write('so far')\n{end}", wall=0.3)).files == {}


async def test_files_are_limited(run) -> None:
    fits = await run("open('a', 'wb').write(bytes(600))\nopen('b', 'wb').write(bytes(400))\nreturn 1", files=1000)
    assert (fits.ending, sum(map(len, fits.files.values()))) == (Ending.RESULT, 1000)
    over = await run("open('a', 'wb').write(bytes(1001))\nreturn 1", files=1000)
    assert (over.ending, over.failure.limit, over.failure.allowed) == (Ending.LIMIT, "files", 1000)
    assert (over.files, over.result) == ({}, b"")


async def test_more_files_than_fit_leave_another_end_as_it_is(run) -> None:
    outcome = await run("open('a', 'wb').write(bytes(1001))\n1/0", files=1000)
    assert (outcome.failure.type, outcome.files) == ("ZeroDivisionError", {})


async def test_what_is_gone_at_the_end_does_not_count(run) -> None:
    source = (
        "import os\nopen('a', 'wb').write(bytes(5000))\nos.truncate('a', 10)\n"
        "open('b', 'wb').write(bytes(5000))\nos.remove('b')"
    )
    assert (await run(source, files=1000)).files == {"a": bytes(10)}


async def test_a_large_file_goes_in_and_comes_out(given) -> None:
    outcome = await given("open('o', 'wb').write(open('i', 'rb').read())\nreturn 1", i=bytes(range(256)) * (16 * 4096))
    assert outcome.files == {"o": bytes(range(256)) * (16 * 4096)}


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "../a", "/etc/passwd", "a\0", "x" * 256, "ü" * 128, "\ud800"])
async def test_a_name_that_cannot_be_is_refused(jail: Jail, name: str) -> None:
    with pytest.raises(Problem) as caught:
        await jail.run(Run("t", Program("return 1"), files={"good": b"", name: b"x"}))
    assert (caught.value.status, caught.value.code) == (422, "invalid-files")
    assert repr(name) in str(caught.value.detail)


async def test_too_many_and_too_large_files_are_refused(jail: Jail) -> None:
    with pytest.raises(Problem, match=r"'a', 'b'.* 11 bytes.*limits.files allows 10"):
        await jail.run(Run("t", Program(""), limits=Limits(files=10), files={"a": b"123456", "b": b"12345"}))
    with pytest.raises(Problem, match="1001 files"):
        await jail.run(Run("t", Program(""), files={str(n): b"" for n in range(1001)}))
    with pytest.raises(Problem, match=r"limits\.files"):
        await jail.run(Run("t", Program(""), limits=Limits(files=1 << 40)))


async def test_a_program_in_a_process_that_stays_has_its_own_too(namespaces: None) -> None:
    async with open_jail(FULL_PYTHON, ProcessSettings(workers=1, max_level=4, spare=False), Warmth()) as jail:
        program = Program("import os\nopen('x', 'a').write(input())\nreturn [os.listdir(), open('x').read()]")
        for word in (b"a", b"b"):
            outcome = await jail.run(Run("t", program, stdin=word))
            assert (outcome.result, outcome.files) == (b'[["x"],"%b"]' % word, {"x": word})
        plain = Program("import os\nbefore = os.listdir()\nopen('x', 'w').write('y')\nreturn before")
        for _ in range(2):
            assert (await jail.run(Run("t", plain))).result == b"[]"
