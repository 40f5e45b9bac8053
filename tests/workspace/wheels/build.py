"""Building the wheels, and looking into them."""

import subprocess
import sys
import zipfile
from collections.abc import Iterable, Iterator
from configparser import ConfigParser
from email.parser import HeaderParser
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name, parse_wheel_filename

from ..files import tracked
from ..tree import Distribution


def build(distributions: Iterable[Distribution], folder: Path) -> dict[str, Path]:
    """Build all wheels into `folder`; the answer is by name of distribution. Raises CalledProcessError."""
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir"]
    subprocess.run([*command, str(folder), *(str(one.folder) for one in distributions)], check=True)
    return {str(parse_wheel_filename(path.name)[0]): path for path in sorted(folder.glob("*.whl"))}


def faults(wheel: Path, distribution: Distribution) -> list[str]:
    """What is wrong with a wheel: files or metadata that are not those of its folder."""
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        info = next(name.partition("/")[0] for name in names if name.endswith(".dist-info/METADATA"))
        metadata = archive.read(f"{info}/METADATA").decode()
        points = archive.read(f"{info}/entry_points.txt").decode() if f"{info}/entry_points.txt" in names else ""
    packed = {name for name in names if not name.startswith(f"{info}/")}
    return [*_files(packed, distribution), *_metadata(metadata, distribution), *_entry_points(points, distribution)]


def _files(packed: set[str], distribution: Distribution) -> Iterator[str]:
    source = distribution.folder / "src"
    files = (path for path in tracked(distribution.root) if distribution.package in path.parents)
    wanted = {path.relative_to(source).as_posix() for path in files}
    made = {name for name in packed - wanted if name.startswith(tuple(_built(distribution)))}
    yield from (f"lacks {name}" for name in sorted(wanted - packed))
    yield from (f"has {name}, which is not in src" for name in sorted(packed - wanted - made))
    yield from (f"lacks what is built into {place}" for place in _built(distribution) if not _any(made, place))


def _built(distribution: Distribution) -> list[str]:
    """The folders of the package that its build makes, as ``[tool.pegboard] built`` names them."""
    names = distribution.pyproject.get("tool", {}).get("pegboard", {}).get("built", ())
    return [f"{distribution.module}/{name}/" for name in names]


def _any(names: set[str], place: str) -> bool:
    return any(name.startswith(place) for name in names)


def _metadata(text: str, distribution: Distribution) -> Iterator[str]:
    headers = HeaderParser().parsestr(text)
    if canonicalize_name(headers["Name"]) != distribution.name:
        yield f"is named {headers['Name']}"
    needs = [Requirement(line) for line in headers.get_all("Requires-Dist", [])]
    told = {_plain(need) for need in needs if need.marker is None or "extra ==" not in str(need.marker)}
    declared = {_plain(need) for need in distribution.requirements()}
    if told != declared:
        yield f"needs {sorted(told)}, and its pyproject says {sorted(declared)}"
    yield from (f"tells no {header}" for header in ("Summary", "License-Expression") if not headers[header])


def _entry_points(text: str, distribution: Distribution) -> Iterator[str]:
    parser = ConfigParser(delimiters=("=",))
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(text)
    told = {group: dict(parser[group]) for group in parser.sections()}
    declared = {**distribution.project.get("entry-points", {})}
    if scripts := distribution.project.get("scripts"):
        declared["console_scripts"] = scripts
    if told != declared:
        yield f"has the entry points {told}, and its pyproject says {declared}"


def _plain(need: Requirement) -> str:
    extras = ",".join(sorted(need.extras))
    return f"{canonicalize_name(need.name)}[{extras}]{need.specifier}"
