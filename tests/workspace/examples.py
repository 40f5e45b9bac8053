"""The examples of a page, run: Python, and commands as a reader would type them (see docs/README.md)."""

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, chdir
from doctest import ELLIPSIS, NORMALIZE_WHITESPACE, REPORT_UDIFF, Example, OutputChecker
from pathlib import Path
from types import ModuleType

import attrs
import sybil
from sybil.document import Document
from sybil.evaluators.python import PythonEvaluator
from sybil.parsers.markdown.lexers import RawFencedCodeBlockLexer

from .program import INSTALLED, Program
from .server import Server, serving

WRITTEN = "http://127.0.0.1:8000"
NOTICE = re.compile(r"^  (\S.*?) {2,}(\S+)$", re.MULTILINE)
MARK = "end-of-command"
PATIENCE = 60.0


@attrs.frozen
class Command:
    """A command and what must come out of it; None where the page does not show it."""

    text: str
    output: str | None


@attrs.define
class Page:
    """One page under test, in an empty folder: its shell, and its server from the first example that wants one."""

    folder: Path
    stack: ExitStack
    program: Program = INSTALLED
    _shell: "subprocess.Popen[str] | None" = None
    _server: Server | None = None

    def run(self, path: Path) -> int:
        """Run all examples that are marked, top to bottom; the answer is their number.

        Raises what a Python example raises, and AssertionError where a command fails or says something else.
        """
        document = Document.parse(str(path), self._files, self._python, self._console)
        module = ModuleType("example")
        document.namespace = vars(module)
        sys.modules[module.__name__] = module
        self.stack.callback(sys.modules.pop, module.__name__)
        files = self.folder / "app"
        files.mkdir()
        self.stack.enter_context(chdir(files))  # where an app of an example keeps its files, and finds no settings
        found = list(document.examples())
        for example in found:
            example.evaluate()
        return len(found)

    def _files(self, document: Document) -> Iterable[sybil.Region]:
        for region in blocks(document, r"\w+ file (?P<name>\S+)"):
            region.parsed, region.evaluator = (region.lexemes["name"], region.lexemes["source"]), self._save
            yield region

    def _save(self, example: sybil.Example) -> None:
        name, source = example.parsed
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source)

    def _python(self, document: Document) -> Iterable[sybil.Region]:
        for region in blocks(document, "python run"):
            region.parsed, region.evaluator = region.lexemes["source"], PythonEvaluator()
            yield region

    def _console(self, document: Document) -> Iterable[sybil.Region]:
        for info in ("console run", "console serve"):
            for region in blocks(document, info):
                region.parsed = (info == "console serve", commands(region.lexemes["source"]))
                region.evaluator = self._commands
                yield region

    def _commands(self, example: sybil.Example) -> None:
        with_server, typed = example.parsed
        for command in typed:
            address = self.server().address if with_server else WRITTEN
            text = command.text.replace(WRITTEN, address)
            code, output = self._say(text)
            told = output.replace(address, WRITTEN)
            where = f"{example.path}:{example.line}"
            assert code == 0, f"{where}: `{command.text}` ended with exit code {code}:\n{told}"
            if command.output is not None:
                compare(command.output, told, f"{where}: `{command.text}`")

    def server(self) -> Server:
        """The page's server. What it announces is in variables: ``API key`` is ``$API_KEY`` and ``$PEGBOARD_KEY``."""
        if self._server is None:
            home = self.folder / "server"
            home.mkdir()
            command = [str(self.program.path), "serve", "--sample"]
            server = serving(command, home, os.environ, pass_fds=self.program.descriptors)
            self._server = self.stack.enter_context(server)
            for title, text in NOTICE.findall(self._server.said):
                self._say(f"export {re.sub(r'[^A-Z0-9]', '_', title.upper())}='{text}'")
            self._say('export PEGBOARD_KEY="$API_KEY"')
        return self._server

    def _say(self, text: str) -> tuple[int, str]:
        """Type a command into the page's shell: its exit code, and what it writes."""
        shell = self._shell or self._open()
        assert shell.stdin is not None
        assert shell.stdout is not None
        shell.stdin.write(f"{{ {text}\n}} </dev/null\nprintf '\\n{MARK} %s\\n' $?\n")
        shell.stdin.flush()
        watchdog = threading.Timer(PATIENCE, shell.kill)
        watchdog.start()
        lines: list[str] = []
        for line in shell.stdout:
            if line.startswith(MARK):
                watchdog.cancel()
                return int(line.split()[1]), "".join(lines).removesuffix("\n")
            lines.append(line)
        watchdog.cancel()
        raise AssertionError(f"`{text}` ended the shell, or did not end in {PATIENCE:g} seconds: {''.join(lines)}")

    def _open(self) -> "subprocess.Popen[str]":
        programs = [str(self.program.path.parent), str(Path(sys.executable).parent), os.environ["PATH"]]
        environ = {**os.environ, "PATH": os.pathsep.join(programs)}
        self._shell = subprocess.Popen(
            ["bash", "--norc"],
            cwd=self.folder,
            env=environ,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=self.program.descriptors,
        )
        self.stack.callback(self._shell.communicate, "exit\n")
        return self._shell


def blocks(document: Document, info: str) -> Iterator[sybil.Region]:
    """The fenced blocks whose info string is this, a pattern."""
    yield from RawFencedCodeBlockLexer(re.compile(rf"{info}[ \t]*$\n", re.MULTILINE))(document)


def commands(source: str) -> list[Command]:
    """``$ `` starts a command, ``> `` carries it on; the lines below are its output. Raises ValueError."""
    typed: list[tuple[list[str], list[str]]] = []
    for line in source.splitlines():
        if line.startswith("$ "):
            typed.append(([line[2:]], []))
        elif not typed:
            raise ValueError(f"a console block starts with a command, not with {line!r}")
        elif (line == ">" or line.startswith("> ")) and not typed[-1][1]:
            typed[-1][0].append(line[2:])
        else:
            typed[-1][1].append(line)
    return [Command("\n".join(text), "\n".join(output).strip() or None) for text, output in typed]


def compare(wanted: str, told: str, what: str) -> None:
    """Raises AssertionError with the difference. ``...`` stands for anything, and white space is one."""
    flags = ELLIPSIS | NORMALIZE_WHITESPACE | REPORT_UDIFF
    checker, example = OutputChecker(), Example("", f"{wanted}\n")
    if not checker.check_output(example.want, f"{told}\n", flags):
        raise AssertionError(f"{what}: {checker.output_difference(example, f'{told}' + chr(10), flags)}")


def pages(root: Path, tracked: Iterable[Path]) -> list[Path]:
    """The pages that have something to run: README files and docs/."""
    marked = re.compile(r"^[ \t]*```(python run|console run|console serve|\w+ file \S+)[ \t]*$", re.MULTILINE)
    written = (path for path in tracked if path.name == "README.md" or root / "docs" in path.parents)
    found = [path for path in written if path.suffix == ".md" and path != root / "docs/README.md"]
    return [path for path in found if marked.search(path.read_text())]
