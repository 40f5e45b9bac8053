"""What lies at the root: the list of distributions, the versions, and what no file may tell."""

import re
import subprocess
from collections.abc import Iterator
from functools import cache
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from .tree import Distribution, distributions

LOCKS = ("*.lock", "*.lockb", "pylock*.toml", "package-lock.json", "npm-shrinkwrap.json", "pnpm-lock.yaml")
ADDRESS = re.compile(r"""\b(resolved|registry|tarball|url)\b["']?\s*[:= ].*://""")
PIN = re.compile(r"[A-Za-z0-9._-]+==[A-Za-z0-9.+!]+")
SECRETS_OF_A_MACHINE = {
    "a path of one machine": re.compile(r"(?<![\w.])/(work/(main|shared|venv|briefs|\.library)\b|root/\.\w)"),
    "the host of a package registry": re.compile(
        r"pypi\.org|pythonhosted\.org|registry\.npmjs\.org|registry\.yarnpkg\.com|deb\.debian\.org|proxy\.golang\.org|static\.crates\.io"
    ),
    "a place that packages come from": re.compile(r"--(extra-)?index-url|--find-(links)|--trusted-(host)"),
}


def requirements_name_each(root: Path) -> list[str]:
    """`tests/requirements.txt` has exactly one editable line per distribution, with its ``test`` extra."""
    wanted = [_editable(distribution) for distribution in distributions(root)]
    found = [line for line in _lines(root, "requirements.txt") if line.startswith("-e ")]
    return [
        *(f"tests/requirements.txt: add the line {line!r}" for line in wanted if line not in found),
        *(f"tests/requirements.txt: remove the line {line!r}" for line in found if line not in wanted),
        *(f"tests/requirements.txt: has {line!r} twice" for line in sorted(set(found)) if found.count(line) > 1),
    ]


def constraints_pin_everything(root: Path) -> list[str]:
    """`tests/constraints.txt` has names and versions alone, and has them of all that would be installed."""
    lines = _lines(root, "constraints.txt")
    pinned = {canonicalize_name(line.partition("==")[0]) for line in lines}
    again = "run `python tests/constraints.py`"
    return [
        *(
            f"tests/constraints.txt: {line!r} is not name==version; {again}"
            for line in lines
            if not PIN.fullmatch(line)
        ),
        *(f"tests/constraints.txt: has no version of {name}; {again}" for name in sorted(_needed(root) - pinned)),
    ]


def nothing_tells_of_a_machine(root: Path) -> list[str]:
    """No file has a machine's path, a registry's host or a place of packages in it."""
    patterns = {**SECRETS_OF_A_MACHINE, "where this tree lies": re.compile(rf"{re.escape(str(root))}\b")}
    return [
        f"{path.relative_to(root)}:{number}: names {what}: {match.group()!r}"
        for path in _text_files(root)
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1)
        for what, pattern in patterns.items()
        if (match := pattern.search(line))
    ]


def locks_hold_no_address(root: Path) -> list[str]:
    """A lock file may hold versions and hashes; it must not say where they come from."""
    return [
        f"{path.relative_to(root)}:{number}: a lock file with an address; leave the addresses out of it"
        for path in tracked(root)
        if any(path.match(pattern) for pattern in LOCKS)
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1)
        if ADDRESS.search(line)
    ]


def tools(root: Path) -> set[str]:
    """The test tools that all distributions share, by name."""
    lines = (line for line in _lines(root, "requirements.txt") if not line.startswith("-"))
    return {canonicalize_name(Requirement(line).name) for line in lines}


@cache
def tracked(root: Path) -> tuple[Path, ...]:
    """The files that git knows, or would take; every file where there is no repository."""
    if not (root / ".git").exists():
        return tuple(path for path in sorted(root.rglob("*")) if path.is_file())
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True).stdout
    return tuple(path for name in sorted(listed.split("\0")) if name and (path := root / name).is_file())


def _editable(distribution: Distribution) -> str:
    return f"-e ./{distribution.place}" + ("[test]" if "test" in distribution.extras else "")


def _lines(root: Path, name: str) -> list[str]:
    path = root / "tests" / name
    text = path.read_text() if path.is_file() else ""
    return [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]


def _needed(root: Path) -> set[str]:
    """All that the distributions and the tools need, through what is installed."""
    found = distributions(root)
    own = {distribution.name for distribution in found}
    waiting = [need for distribution in found for need in distribution.requirements(*distribution.extras)]
    waiting += [Requirement(name) for name in tools(root)]
    seen: set[tuple[str, str]] = set()
    while waiting:
        need = waiting.pop()
        name = canonicalize_name(need.name)
        fresh = {(name, extra) for extra in ("", *need.extras)} - seen if name not in own else set()
        seen |= fresh
        waiting += (further for key in fresh for further in _needs_of(*key))
    return {name for name, _ in seen}


def _needs_of(name: str, extra: str) -> Iterator[Requirement]:
    try:
        lines = requires(name) or ()
    except PackageNotFoundError:  # its own name is asked for all the same
        return
    for need in map(Requirement, lines):
        if need.marker is None or need.marker.evaluate({"extra": extra}):
            yield need


def _text_files(root: Path) -> Iterator[Path]:
    for path in tracked(root):
        if b"\0" not in path.read_bytes()[:8192]:
            yield path
