"""The examples of the pages in docs/ do what these say; those of READMEs are in a module of their own."""

from contextlib import ExitStack
from pathlib import Path

import pytest
from sybil.document import Document

from workspace.examples import Command, Page, blocks, commands, compare, pages
from workspace.files import tracked
from workspace.program import Program
from workspace.tree import ROOT

PAGES = [page for page in pages(ROOT, tracked(ROOT)) if page.is_relative_to(ROOT / "docs")]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_examples_of_a_page_run(page: Path, program: Program, tmp_path: Path) -> None:
    with ExitStack() as stack:
        assert Page(tmp_path, stack, program).run(page) > 0


def run(folder: Path, text: str) -> int:
    page = folder / "page.md"
    page.write_text(text)
    with ExitStack() as stack:
        return Page(folder, stack).run(page)


def test_blocks_of_python_share_their_names(tmp_path: Path) -> None:
    assert (
        run(tmp_path, "```python run\na = 1\n```\n\n```python\n1 / 0\n```\n\n```python run\nassert a == 1\n```\n") == 2
    )


def test_a_failing_block_of_python_is_told_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError) as caught:
        run(tmp_path, "A page.\n\n```python run\n1 / 0\n```\n")
    assert caught.traceback[-1].lineno == 3


def test_commands_share_one_shell(tmp_path: Path) -> None:
    text = "```console run\n$ WORD=pegs\n$ echo $WORD > found; cat found\npegs\n```\n"
    assert run(tmp_path, text) == 1
    assert (tmp_path / "found").read_text() == "pegs\n"


def test_a_file_is_there_for_the_commands_below_it(tmp_path: Path) -> None:
    text = "```python file src/peg.py\nprint('pegs')\n```\n\n```console run\n$ python src/peg.py\npegs\n```\n"
    assert run(tmp_path, text) == 2


def test_a_command_that_fails_is_told(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="`ls nowhere` ended with exit code 2"):
        run(tmp_path, "```console run\n$ ls nowhere\n```\n")


def test_a_command_that_ends_the_shell_is_told(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="`exit 3` ended the shell"):
        run(tmp_path, "```console run\n$ exit 3\n```\n")


def test_a_command_has_no_input_of_its_own(tmp_path: Path) -> None:
    assert run(tmp_path, "```console run\n$ cat\n$ WORD=pegs\n$ echo $WORD\npegs\n```\n") == 1


def test_other_output_than_the_page_shows_is_told(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match=r"(?s)page.md:1: `echo pins`.*pegs.*pins"):
        run(tmp_path, "```console run\n$ echo pins\npegs\n```\n")


def test_a_block_that_wants_a_server_has_one(tmp_path: Path) -> None:
    text = '```console serve\n$ curl -s http://127.0.0.1:8000/-/health\n{"status":"...\n```\n'
    assert run(tmp_path, text) == 1


def test_a_forked_program_answers_and_obeys_as_any_other(program: Program, tmp_path: Path) -> None:
    text = """```console run
$ pegboard nothing 2> said || echo "exit code $?"; tail -1 said
exit code 2
Error: No such command 'nothing'.
$ pegboard serve --port 0 > log 2>&1 &
$ until grep -q "API document" log; do sleep 0.1; done
$ kill %1; wait %1 || true; grep -o stopping log
stopping
```
"""
    page = tmp_path / "page.md"
    page.write_text(text)
    with ExitStack() as stack:
        assert Page(tmp_path, stack, program).run(page) == 1


def test_commands_go_on_over_lines_and_have_output() -> None:
    typed = commands("$ curl \\\n>   -s x\nout\n\nput\n$ true\n")
    assert typed == [Command("curl \\\n  -s x", "out\n\nput"), Command("true", None)]


def test_an_empty_line_of_a_command_needs_no_space_behind_its_mark() -> None:
    assert commands("$ cat <<E\n> a\n>\n> b\n> E\na\n") == [Command("cat <<E\na\n\nb\nE", "a")]


def test_a_console_block_starts_with_a_command() -> None:
    with pytest.raises(ValueError, match="'out'"):
        commands("out\n")


def test_dots_stand_for_anything() -> None:
    compare('{"id": "...", "name": "a"}', '{"id": "x1",  "name": "a"}', "")
    with pytest.raises(AssertionError):
        compare('{"id": "...", "name": "a"}', '{"id": "x1", "name": "b"}', "")


def test_blocks_are_known_by_their_whole_info_string() -> None:
    document = Document("```python run\na\n```\n\n```python\nb\n```\n\n```python run slow\nc\n```\n", "page.md")
    assert [str(region.lexemes["source"]) for region in blocks(document, "python run")] == ["a\n"]
