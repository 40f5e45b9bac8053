"""Answers with files are hostile input: nothing on the channel is believed that a program could not return anyway."""

import struct
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pegboard import Ending, Isolation, Limits, Outcome, Output
from pegboard_sandbox_process import call, child, files
from pegboard_sandbox_process.call import Finished
from pegboard_sandbox_process.outcome import outcome
from pegboard_sandbox_process.spawn import Report

pytestmark = pytest.mark.anyio

FORGE = """
import os, struct
def told(name, content, size=None):
    return struct.pack('<HI', len(name), len(content) if size is None else size) + name + content
def send(data, files, letter=b'r'):
    rest = letter + struct.pack('<QI', 0, len(data)) + data + files
    os.write(3, struct.pack('<I', len(rest)) + rest)
    os._exit(0)
"""


def framed(told: bytes, payload: bytes = b"1", letter: str = "r", length: int | None = None) -> Outcome:
    """What the server makes of an answer whose files are `told` so."""
    rest = struct.pack("<BQI", ord(letter), 0, len(payload) if length is None else length) + payload + told
    report = Report(0, 0.1, 1 << 20, 100.0, 101.0)
    done = Finished(report, struct.pack("<I", len(rest)) + rest, False, "", Output(), Output())
    return outcome(done, Limits(files=1000), Isolation.L4, 0.0, 100.0)


def told(name: bytes, content: bytes = b"x", size: int | None = None, length: int | None = None) -> bytes:
    head = struct.pack("<HI", len(name) if length is None else length, len(content) if size is None else size)
    return head + name + content


FORGED = {
    "a folder": told(b"../../etc/passwd"),
    "an absolute path": told(b"/etc/passwd"),
    "a folder up": told(b".."),
    "this folder": told(b"."),
    "no name": told(b""),
    "a NUL": told(b"a\0b"),
    "a name that is no text": told(b"\xff\xfe"),
    "a surrogate": told("\ud800".encode("utf-8", "surrogatepass")),
    "a long name": told(b"x" * 256),
    "the same name twice": told(b"a") + told(b"a"),
    "a size beyond the frame": told(b"a", b"xyz", size=4),
    "a size of four gigabytes": told(b"a", b"xyz", size=2**32 - 1),
    "a size that falls short": told(b"a", b"xyz", size=2),
    "a name beyond the frame": told(b"abc", b"", length=2**16 - 1),
    "half a head": told(b"a") + b"\1\0\0",
    "more bytes than allowed": told(b"a", bytes(1001)),
    "more bytes than allowed in all": told(b"a", bytes(600)) + told(b"b", bytes(401)),
    "more files than allowed": b"".join(told(b"%d" % n, b"") for n in range(1001)),
    "a good one and a bad one": told(b"good") + told(b"../bad"),
}


@pytest.mark.parametrize("name", FORGED)
def test_forged_files_are_a_crash_and_no_files(name: str) -> None:
    ended = framed(FORGED[name])
    assert (ended.ending, ended.files, ended.result) == (Ending.CRASHED, {}, b"")


@pytest.mark.parametrize("length", [2, 1000, 2**32 - 1])
def test_json_that_is_longer_than_the_frame_is_a_crash(length: int) -> None:
    assert framed(b"", length=length).ending is Ending.CRASHED


def test_files_do_not_make_a_result_of_what_is_none() -> None:
    assert framed(told(b"a"), b"{no json").ending is Ending.CRASHED
    assert framed(told(b"a"), letter="z").ending is Ending.CRASHED
    assert framed(told(b"a"), b'{"ending":"result"}', letter="x").ending is Ending.CRASHED


def test_a_genuine_answer_is_read() -> None:
    ended = framed(told("ü".encode(), b"1") + told(b"b", b""))
    assert (ended.ending, ended.result, ended.files) == (Ending.RESULT, b"1", {"ü": b"1", "b": b""})


NAMES = st.text(min_size=1, max_size=9).filter(lambda name: not files.wrong_name(name))


@given(st.dictionaries(NAMES, st.binary(max_size=20), max_size=5))
def test_what_is_encoded_is_decoded(given_files: dict[str, bytes]) -> None:
    assert files.decode_files(b"".join(files.encode_files(given_files)), 0, 1000) == given_files


@given(st.binary(max_size=60), st.dictionaries(NAMES, st.binary(max_size=9), max_size=2), st.data())
def test_random_bytes_are_files_within_the_rules_or_refused(noise: bytes, genuine: Any, data: Any) -> None:
    whole = b"".join(files.encode_files(genuine))
    at = data.draw(st.integers(0, len(whole)))
    try:
        found = files.decode_files(whole[:at] + noise + whole[at + data.draw(st.integers(0, 3)) :], 0, 50)
    except (ValueError, struct.error):
        return
    assert not [name for name in found if files.wrong_name(name)]
    assert sum(map(len, found.values())) <= 50


async def test_a_program_forges_files_in_vain(run, tmp_path: Path) -> None:
    target = tmp_path / "forged"
    for name in (str(target).encode(), b"../" * 20 + str(target).encode()[1:], b"a\0"):
        ended = await run(f"{FORGE}\nsend(b'1', told({name!r}, b'x'))")
        assert (ended.ending, ended.files) == (Ending.CRASHED, {})
    assert (await run(f"{FORGE}\nsend(b'1', told(b'a', b'x', 2**32 - 1))")).ending is Ending.CRASHED
    assert not target.exists()
    assert (await run(f"{FORGE}\nsend(b'1', told(b'a', b'x'))")).files == {"a": b"x"}  # as it could by open()


def test_the_servers_and_the_jails_formats_agree() -> None:
    source = Path(child.__file__).parent

    def constant(module: str, name: str) -> str:
        lines = (source / f"{module}.py").read_text().splitlines()
        return next(line for line in lines if line.startswith(f"{name} = ")).partition("= ")[2].strip('"')

    assert files.FILE.format == child.FILE
    assert int(constant("serving", "FILE_SIZE")) == files.FILE.size
    assert int(constant("serving", "MOST_FILES")) == files.MOST
    assert int(constant("folder", "LONGEST")) == files.LONGEST
    assert (call.JOB.format, call.JOB.size) == (child.JOB, child.JOB_SIZE)
