"""Files in memory do what files of the machine do: the same steps in both give the same answers."""

import errno
import io
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pegboard_sandbox_process.folder import HERE, Folder, flags_of, name_of
from pegboard_sandbox_process.os_functions import OsFunctions

NAMES = st.sampled_from(["a", "b", "ü"])
MODES = ["r", "w", "a", "x", "r+", "w+", "a+", "x+", "rb", "wb", "ab", "r+b", "w+b", "a+b", "xb"]
TEXT = st.text(st.sampled_from("xyzß\n\r"), max_size=12)
OFFSET = st.integers(-2, 20)
FLAGS = st.sampled_from([os.O_RDONLY, os.O_RDWR | os.O_CREAT, os.O_WRONLY | os.O_APPEND])
SIZE = st.one_of(st.none(), st.integers(-1, 20))

STEPS = st.one_of(
    st.tuples(st.just("open"), NAMES, st.sampled_from(MODES), st.sampled_from([-1, 0, 2, 3])),
    st.tuples(st.just("file"), st.just("write"), TEXT),
    st.tuples(st.just("file"), st.just("read"), st.integers(-1, 9)),
    st.tuples(st.just("file"), st.just("readline")),
    st.tuples(st.just("file"), st.just("readlines")),
    st.tuples(st.just("file"), st.just("seek"), OFFSET),
    st.tuples(st.just("file"), st.just("seek"), OFFSET, st.sampled_from([1, 2])),
    st.tuples(st.just("file"), st.just("truncate"), SIZE),
    st.tuples(st.just("file"), st.sampled_from(["tell", "flush", "close", "readable", "writable", "seekable"])),
    st.tuples(st.just("os"), st.sampled_from(["remove", "listdir", "size", "kind"]), NAMES),
    st.tuples(st.just("os"), st.just("rename"), NAMES, NAMES),
    st.tuples(st.just("os"), st.just("truncate"), NAMES, OFFSET),
    st.tuples(st.just("fd"), FLAGS, NAMES, TEXT),
)  # fmt: skip


@attrs.define
class Place:
    """A folder to take steps in: the machine's, or one in memory."""

    path: str
    open: Callable[..., Any]
    os: Any
    file: Any = None

    def take(self, step: tuple[Any, ...]) -> Any:
        """What a step gives, or how it fails."""
        kind, *rest = step
        try:
            return getattr(self, f"take_{kind}")(*rest)
        except (OSError, ValueError, UnicodeError) as error:
            return type(error), getattr(error, "errno", None)

    def take_open(self, name: str, mode: str, buffering: int) -> Any:
        self.end()
        encoding = None if "b" in mode else "utf-8"
        self.file = self.open(f"{self.path}/{name}", mode, buffering, encoding)
        return self.file.readable(), self.file.writable(), self.file.mode

    def take_file(self, method: str, *arguments: Any) -> Any:
        if self.file is None:
            return None
        if method == "write" and not isinstance(self.file, io.TextIOBase):
            arguments = (arguments[0].encode(),)
        return getattr(self.file, method)(*arguments)

    def take_os(self, function: str, name: str, *more: Any) -> Any:
        path = f"{self.path}/{name}"
        if function == "listdir":
            return sorted(self.os.listdir(self.path))
        if function == "size":
            return self.os.stat(path).st_size
        if function == "kind":
            return (
                stat.S_ISREG(self.os.lstat(path).st_mode),
                self.os.access(path, os.R_OK),
                self.os.access(path, os.X_OK),
            )
        if function == "rename":
            return self.os.rename(path, f"{self.path}/{more[0]}")
        return getattr(self.os, function)(path, *more)

    def take_fd(self, flags: int, name: str, text: str) -> Any:
        fd = self.os.open(f"{self.path}/{name}", flags, 0o644)
        try:
            if flags & os.O_RDWR or flags & os.O_WRONLY:
                self.os.write(fd, text.encode())
            return self.os.lseek(fd, 0, os.SEEK_SET), self.os.read(fd, 99), self.os.fstat(fd).st_size
        finally:
            self.os.close(fd)

    def end(self) -> None:
        if self.file is not None:
            self.file.close()
            self.file = None


def in_memory() -> Place:
    folder = Folder()
    return Place(HERE, folder.open, OsFunctions(folder))


@settings(max_examples=200)
@given(st.lists(STEPS, max_size=12))
def test_the_same_steps_give_the_same_answers(tmp_path_factory: pytest.TempPathFactory, steps: list[Any]) -> None:
    real, ours = Place(str(tmp_path_factory.mktemp("files")), open, os), in_memory()
    for step in steps:
        assert ours.take(step) == real.take(step), step
    real.end()
    ours.end()
    left = {path.name: path.read_bytes() for path in Path(real.path).iterdir()}
    assert {name: bytes(content.data) for name, content in ours.os.folder.contents.items()} == left


def test_what_came_out_is_what_was_written_to() -> None:
    folder = Folder()
    functions = OsFunctions(folder)
    folder.fill({"read": b"1", "appended": b"2", "opened": b"3", "renamed": b"4", "gone": b"5"})
    folder.open("read").read()
    folder.open("opened", "r+").close()
    with folder.open("appended", "a") as file:
        file.write("!")
    functions.rename("renamed", "new name")
    functions.remove("gone")
    kept_open = folder.open("unfinished", "w")
    kept_open.write("so far")
    changed = {name: bytes(data) for name, data in folder.changed().items()}
    assert changed == {"appended": b"2!", "new name": b"4", "unfinished": b"so far"}


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("a", "a"), ("./a", "a"), (f"{HERE}/a", "a"), (b"a", "a"), (Path("a"), "a"), ("x/../a", "a"), ("a/", "a"),
        (".", ""), (HERE, ""), ("./", ""), (f"{HERE}/../files", ""),
        ("..", None), ("../a", None), ("/etc/passwd", None), ("a/b", None), ("/", None), ("", None), ("a\0b", None),
        ("/files2/a", None), (3, None), ("../../etc/passwd", None), ("/proc/self/mem", None), ("//files/a", None),
    ],
)  # fmt: skip
def test_only_one_folder_is_in_memory(path: Any, name: str | None) -> None:
    assert name_of(path) == name


@pytest.mark.parametrize(
    ("name", "number"), [("x" * 256, errno.ENAMETOOLONG), ("ü" * 128, errno.ENAMETOOLONG), ("\ud800", errno.EILSEQ)]
)
def test_a_name_that_cannot_be_told_is_refused(name: str, number: int) -> None:
    folder = Folder()
    with pytest.raises(OSError, match=r".") as caught:
        folder.open(name, "w")
    assert caught.value.errno == number
    folder.open("a", "w").close()
    with pytest.raises(OSError, match=r".") as caught:
        OsFunctions(folder).rename("a", name)
    assert caught.value.errno == number
    assert list(folder.contents) == ["a"]


@pytest.mark.parametrize("mode", ["", "q", "rw", "rr", "r+a", "bt", "rbt", "+", "r++", "U"])
def test_a_mode_that_is_none_is_refused(mode: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"mode"):
        flags_of(mode)
    with pytest.raises(ValueError, match=r"mode"):
        open(tmp_path / "x", mode)  # noqa: SIM115


@pytest.mark.parametrize(
    "options", [{"mode": "rb", "encoding": "utf-8"}, {"mode": "r", "buffering": 0}, {"encoding": "x"}]
)
def test_options_that_cannot_be_leave_no_open_file(options: dict[str, Any]) -> None:
    folder = Folder()
    folder.open("a", "w").close()
    with pytest.raises((ValueError, LookupError)):
        folder.open("a", **options)
    assert list(folder.opened) == [0]


def test_a_borrowed_descriptor_stays_open() -> None:
    functions = OsFunctions(Folder())
    fd = functions.open("a", os.O_RDWR | os.O_CREAT)
    with functions.folder.open(fd, "wb", closefd=False) as file:
        file.write(b"ab")
    assert (functions.lseek(fd, 0, os.SEEK_SET), functions.read(fd, 9)) == (0, b"ab")
    functions.close(fd)
    assert list(functions.folder.opened) == [0]
