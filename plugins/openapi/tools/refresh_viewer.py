"""Fetch the viewer's files anew: ``python tools/refresh_viewer.py [VERSION]``, with npm on the path.

They lie in the package, compressed, so that whoever installs it needs neither npm nor a network; `vendored.json`
beside them says what they are, and a test holds them to it.
"""

import gzip
import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

PACKAGE = "swagger-ui-dist"
FOLDER = Path(__file__).resolve().parents[1] / "src/pegboard_openapi/viewer/swagger-ui"
COMPRESSED = ("swagger-ui-bundle.js", "swagger-ui.css")
PLAIN = ("LICENSE", "NOTICE", "swagger-ui-bundle.js.LICENSE.txt")


def fetch(version: str, folder: Path) -> Path:
    """Download and unpack the package; its lifecycle scripts are not run."""
    command = ["npm", "pack", f"{PACKAGE}@{version}", "--ignore-scripts", "--silent", "--pack-destination", str(folder)]
    name = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[-1]
    with tarfile.open(folder / name) as archive:
        archive.extractall(folder, filter="data")
    return folder / "package"


def without_map(data: bytes) -> bytes:
    """The file without its last line's link to a source map, which is not shipped."""
    head, mark, _ = data.rstrip().rpartition(b"\n")
    return head + b"\n" if b"# sourceMappingURL=" in data[len(head) :] and mark else data


def write(source: Path) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    described = json.loads((source / "package.json").read_text())
    digests = {}
    for name in COMPRESSED:
        data = without_map((source / name).read_bytes())
        digests[name] = hashlib.sha256(data).hexdigest()
        (FOLDER / f"{name}.gz").write_bytes(gzip.compress(data, 9, mtime=0))
    for name in PLAIN:
        (FOLDER / name).write_bytes((source / name).read_bytes())
    facts = {"package": PACKAGE, "version": described["version"], "license": described["license"], "sha256": digests}
    (FOLDER / "vendored.json").write_text(json.dumps(facts, indent=2) + "\n")
    print(f"{PACKAGE} {described['version']}: {sum(f.stat().st_size for f in FOLDER.iterdir()):,} bytes")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        write(fetch(sys.argv[1] if len(sys.argv) > 1 else "latest", Path(scratch)))
