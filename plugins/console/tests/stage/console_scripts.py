"""Programs that the tests of scripts and jobs run. Each waits for a file where a test is to decide when it goes on."""

from pathlib import Path

HEAD = "# /// pegboard-script\n{about}# ///\nimport pathlib, sys, time\nHERE = pathlib.Path({folder!r})\n"
WAITING = """
def until(name):
    while not (HERE / name).exists():
        time.sleep(0.01)
"""

IMPORT = """
import argparse, json, os
parser = argparse.ArgumentParser()
parser.add_argument("--catalogue")
parser.add_argument("--batch-size", type=int)
parser.add_argument("--dry-run", action=argparse.BooleanOptionalAction)
parser.add_argument("--mode")
parser.add_argument("--regions", action="append")
parser.add_argument("--since")
given = parser.parse_args()
rows = pathlib.Path(given.catalogue).read_text().splitlines()
print("token has", len(os.environ.get("TOKEN", "")), "characters;", given.regions, given.since, given.dry_run)
print("stage: reading", "progress: 50", sep="\\n", flush=True)
until("go-import")
pathlib.Path("rejects.csv").write_text("id,why\\n")
print("artifact: rejects.csv")
print("result: " + json.dumps({"rows": len(rows), "batch": given.batch_size}))
"""
IMPORT_ABOUT = """# display_name = "Import a catalogue"
# description = "Reads products"
# category = "data_import"
# estimated_duration = 150
# parameters = [
#   {name = "catalogue", type = "file", required = true, extensions = [".csv"], description = "The products"},
#   {name = "batch_size", type = "int", default = 50, min = 1, max = 1000},
#   {name = "dry_run", type = "boolean", default = true},
#   {name = "mode", type = "choice", choices = ["append", "replace"], default = "append"},
#   {name = "regions", type = "multi-choice", choices = ["north", "south"]},
#   {name = "since", type = "date", min = "2020-01-01"},
#   {name = "token", type = "secret", pass = "environment"},
# ]
"""

FAILS_ONCE = """
print("looking for the way")
if not (HERE / "mended").exists():
    sys.exit("there is no way")
print("found it")
"""

STAYS = """
import subprocess
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
(HERE / "child").write_text(str(child.pid))
print("two of us run", flush=True)
time.sleep(600)
"""

GREETS = 'print("hello,", *sys.argv[1:])\n'
GREETS_ABOUT = '# description = "Says hello"\n# parameters = [{name = "name", default = "Ada"}]\n'

MANY = """
for number in range(100_000):
    print(f"line {number}: the quick brown fox jumps over the lazy dog" + " with a needle" * (number % 20_000 == 777))
"""

GROWS = """
for number in range(300):
    print("before", number)
sys.stdout.flush()
until("go-grows")
for number in range(300):
    print("behind", number)
sys.stdout.flush()
until("end-grows")
"""

COUNTS = """
for number in range(1_000_000):
    print("counted", number, flush=True)
    time.sleep(0.005)
    if (HERE / "end-counts").exists():
        break
"""

HOSTILE = r"""
print("<img src=x onerror=\"alert('owned')\"><script>alert(1)</script>")
print("\x1b[31mred\x1b[0m \x1b[1;34mbold and blue\x1b[0m \x1b[38;5;208morange\x1b[0m \x1b[42mon green\x1b[0m", end=" ")
print("\x1b[32mstill")
print("green\x1b[0m and no longer")
print("\x1b]8;;https://evil.example/\x07no link\x1b]8;;\x07 \x1b[2J\x1b[1;1Hnothing is cleared \x00\x08")
print("10 %\r50 %\r100 % done")
sys.stdout.flush()
sys.stdout.buffer.write(b"caf\xe9 \xff is not UTF-8\n")
sys.stdout.buffer.flush()
print("x" * 5000 + "THE END")
"""

SCRIPTS = {
    "import_catalogue": (IMPORT_ABOUT, IMPORT),
    "fails_once": ("", FAILS_ONCE),
    "stays": ("", STAYS),
    "greets": (GREETS_ABOUT, GREETS),
    "many": ("", MANY),
    "grows": ("", GROWS),
    "counts": ("", COUNTS),
    "hostile": ("", HOSTILE),
}


def write_scripts(folder: Path) -> Path:
    """The folder with the programs in it; the files that they wait for are beside it."""
    place = folder / "scripts"
    place.mkdir()
    for name, (about, code) in SCRIPTS.items():
        (place / f"{name}.py").write_text(HEAD.format(about=about, folder=str(folder)) + WAITING + code)
    return place
