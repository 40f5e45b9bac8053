"""Peers that cannot live in one environment with us: each has one of its own, made at its first use."""

import os
import subprocess
import sys
import venv
from pathlib import Path

from .processes import Missing

PLACE = Path(os.environ.get("PEGBOARD_BENCH_ENVIRONMENTS", Path(sys.prefix) / "peers"))


def python_with(name: str, *requirements: str) -> str:
    """The interpreter of the environment `name`, in which `requirements` are installed. Raises Missing."""
    folder = PLACE / name
    python, done = folder / "bin" / "python", folder / "installed"
    wanted = "\n".join(requirements)
    if not done.exists() or done.read_text() != wanted:
        venv.create(folder, clear=True, with_pip=True)
        command = [str(python), "-m", "pip", "install", "--quiet", *requirements]
        failed = subprocess.run(command, capture_output=True, text=True)
        if failed.returncode:
            raise Missing(f"{name} cannot be installed: {failed.stderr.strip().splitlines()[-1]}")
        done.write_text(wanted)
    return str(python)
