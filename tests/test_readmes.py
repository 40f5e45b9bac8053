"""The examples of each README do what it says. A module of its own: a process of the tests takes a module at a time."""

from contextlib import ExitStack
from pathlib import Path

import pytest

from workspace.examples import Page, pages
from workspace.files import tracked
from workspace.program import Program
from workspace.tree import ROOT

READMES = [page for page in pages(ROOT, tracked(ROOT)) if not page.is_relative_to(ROOT / "docs")]


@pytest.mark.parametrize("page", READMES, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_examples_of_a_readme_run(page: Path, program: Program, tmp_path: Path) -> None:
    with ExitStack() as stack:
        assert Page(tmp_path, stack, program).run(page) > 0
