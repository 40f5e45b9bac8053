"""``docs/errors.md`` has every code that the app can answer with, each with its status, and no other."""

import ast
import re
from collections.abc import Iterator

import attrs
import pytest

from workspace.tree import ROOT, distributions, parse

PAGE = ROOT / "docs/errors.md"
CODE = re.compile(r"[a-z]+(-[a-z]+)*")
CAPITALS = re.compile(r"[A-Z]{2,}(_[A-Z]+)*")
VIOLATIONS = {"Violation", "_violation", "refuse", "add"}

OTHERS = {"HIT", "MISS", "STALE"}
"""Words in capitals that are no errors: the values of X-Cache."""

MADE = {
    "kernel/src/pegboard/app.py": ("not-found", "method-not-allowed", "http-error"),
    "plugins/auth-oauth2/src/pegboard_auth_oauth2/errors.py": (
        "oauth-login-needed",
        "oauth-callback",
        "oauth-issuer",
        "oauth-login-refused",
        "oauth-state",
        "oauth-state-expired",
        "oauth-state-foreign",
    ),
    "plugins/auth-oauth2/src/pegboard_auth_oauth2/renewal.py": (),
    "plugins/egress/src/pegboard_egress/errors.py": (
        "egress-blocked",
        "upstream-error",
        "upstream-timeout",
        "upstream-too-large",
        "too-many-redirects",
    ),
    "plugins/endpoints/src/pegboard_endpoints/errors.py": (
        "sandbox-busy",
        "sandbox-lost",
        "timeout-error",
        "memory-limit",
        "output-limit",
        "recursion-limit",
        "result-limit",
        "files-limit",
        "result-not-serializable",
        "limit",
    ),
    "plugins/endpoints/src/pegboard_endpoints/upstream.py": ("upstream-error", "upstream-not-json"),
    "plugins/sandbox-process/src/pegboard_sandbox_process/jail.py": ("sandbox-busy", "sandbox-lost"),
    "plugins/transform-expression/src/pegboard_transform_expression/failures.py": ("sandbox-busy", "sandbox-lost"),
    "plugins/store/src/pegboard_store/failures.py": ("store-busy", "store-full", "store-unavailable"),
}
"""The codes of problems whose code is no literal where they are made, by file."""


@attrs.frozen
class Made:
    """A problem as one place makes it. No status where it is no literal there, no code likewise."""

    where: str
    status: int | None
    code: str | None


@attrs.frozen
class Row:
    """A row of the page: a code, and the statuses in its second column."""

    code: str
    statuses: frozenset[int]


def sources() -> Iterator[tuple[str, ast.Module]]:
    for distribution in distributions(ROOT):
        for path in distribution.sources():
            if "testing" not in path.parts and path.name != "testing.py":
                yield str(path.relative_to(ROOT)), parse(path)


def name_of(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def problems(where: str, tree: ast.Module) -> Iterator[Made]:
    """``Problem(status, code, …)``, and the same in the ``__init__`` of a subclass."""
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call) and len(node.args) > 1):
        status, code = (getattr(argument, "value", None) for argument in call.args[:2])
        if name_of(call) == "Problem" or (name_of(call) == "__init__" and _is_problem(call)):
            yield Made(where, status if isinstance(status, int) else None, code if isinstance(code, str) else None)


def _is_problem(call: ast.Call) -> bool:
    """A subclass hands a status and a code on: a number, or something that speaks of one, first."""
    first = call.args[0]
    return "status" in ast.unparse(first).lower() or (isinstance(first, ast.Constant) and isinstance(first.value, int))


def error_codes(tree: ast.Module) -> Iterator[str]:
    """Words in capitals of a module that speaks of `error_code`, and the codes of violations."""
    texts = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    if "error_code" in texts:
        yield from (text for text in texts - OTHERS if CAPITALS.fullmatch(text))
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call) and name_of(node) in VIOLATIONS):
        given = (argument.value for argument in call.args if isinstance(argument, ast.Constant))
        yield from (text for text in given if isinstance(text, str) and CAPITALS.fullmatch(text))


def rows(text: str) -> list[Row]:
    """The rows of all tables whose first cell is a code, or several: ``| `not-found` | 404 | …``."""
    found = []
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")] if line.startswith("| `") else []
        for code in re.findall(r"`([^`]+)`", cells[0]) if len(cells) > 2 else ():
            found.append(Row(code, frozenset(int(number) for number in re.findall(r"\b[45]\d\d\b", cells[1]))))
    return found


@pytest.fixture(scope="module")
def page() -> dict[str, frozenset[int]]:
    found: dict[str, frozenset[int]] = {}
    for row in rows(PAGE.read_text()):
        found[row.code] = found.get(row.code, frozenset()) | row.statuses
    return found


@pytest.fixture(scope="module")
def made() -> list[Made]:
    return [one for where, tree in sources() for one in problems(where, tree)]


def test_every_problem_is_on_the_page_with_its_status(page: dict[str, frozenset[int]], made: list[Made]) -> None:
    told = [one for one in made if one.code is not None]
    assert len(told) > 20, "the search has lost what it is for"
    missing = [one for one in told if one.code not in page or (one.status and one.status not in page[one.code])]
    assert not missing, f"docs/errors.md lacks {missing}"


def test_problems_whose_code_is_made_are_known(page: dict[str, frozenset[int]], made: list[Made]) -> None:
    assert {one.where for one in made if one.code is None} == MADE.keys(), "say in MADE which codes are made there"
    missing = sorted({code for codes in MADE.values() for code in codes} - page.keys())
    assert not missing, f"docs/errors.md lacks {missing}"


def test_every_error_code_is_on_the_page(page: dict[str, frozenset[int]]) -> None:
    told = {code for _, tree in sources() for code in error_codes(tree)}
    assert {"FORBIDDEN_MODULE", "EGRESS_BLOCKED", "MISSING_ENTRY"} <= told, "the search has lost what it is for"
    assert not told - page.keys(), f"docs/errors.md lacks {sorted(told - page.keys())}"


def test_the_page_has_no_code_that_nothing_answers_with(page: dict[str, frozenset[int]], made: list[Made]) -> None:
    known = {one.code for one in made} | {code for codes in MADE.values() for code in codes}
    known |= {code for _, tree in sources() for code in error_codes(tree)}
    codes = {code for code in page if CODE.fullmatch(code) or CAPITALS.fullmatch(code)}
    assert not codes - known, f"docs/errors.md has {sorted(codes - known)}, which nothing answers with"


def test_a_problem_is_found_however_it_is_written() -> None:
    text = (
        'Problem(404, "a")\npegboard.Problem(\n    422,\n    "b",\n)\nsuper().__init__(503, "c", x)\n'
        "Problem(self.STATUS, code)\nsuper().__init__(self.STATUS, code)\nsuper().__init__(detail, x)\n"
    )
    found = [(one.status, one.code) for one in problems("x.py", ast.parse(text))]
    assert found == [(404, "a"), (422, "b"), (503, "c"), (None, None), (None, None)]


def test_error_codes_are_words_in_capitals() -> None:
    assert set(error_codes(ast.parse('{"error_code": "AB_C" if x else "DE"}\n"no", "HIT"'))) == {"AB_C", "DE"}
    assert set(error_codes(ast.parse('Violation("SIZE", "", 1)\nf("OTHER")'))) == {"SIZE"}


def test_rows_are_read_with_their_statuses() -> None:
    assert rows("| `a`, `b` | 404, 503 | why |\n| c | 1 |\n`d` | 400 | x |") == [
        Row("a", frozenset({404, 503})),
        Row("b", frozenset({404, 503})),
    ]
