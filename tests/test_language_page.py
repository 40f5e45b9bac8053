"""``docs/language.md`` is what the sandbox ``restricted`` does: examples, refusals, and what to write instead."""

import ast
import json
import os
import re
import sys
from collections.abc import AsyncIterator, Iterator

import pytest
from sybil.document import Document

from pegboard import Argument, Ending, Limits, Outcome, Problem, Run, Violation
from pegboard.testing.fixtures import anyio_backend  # noqa: F401
from pegboard_sandbox_process import ProcessSettings
from pegboard_sandbox_restricted import Restricted, RestrictedSettings, checks, hints, names, open_restricted, policy
from pegboard_sandbox_restricted import program as compiling
from pegboard_sandbox_restricted.facades import FACADES, shown_by
from pegboard_sandbox_restricted.guards import EXCEPTIONS, OFFERED, PLAIN_BASES
from workspace.examples import blocks
from workspace.language import Refusal, messages, program, refusals, snippets
from workspace.tree import ROOT

pytestmark = pytest.mark.anyio

PAGE = ROOT / "docs/language.md"
TEXT = PAGE.read_text()
REQUEST = {
    "method": "GET",
    "path": "/e/sales",
    "headers": [["User-Agent", "curl"]],
    "query_params": [["since", "2026-06"]],
    "path_params": {},
    "body": None,
}
USER = {"id": "user_123", "username": "ann", "email": "ann@example.org"}


REFUSALS = list(refusals(TEXT))
AT_ONCE = [row for row in REFUSALS if row.code.isupper()]
AT_RUN = [row for row in REFUSALS if not row.code.isupper()]
INSTEAD = sorted({row.instead for row in REFUSALS})


def examples() -> list[str]:
    document = Document.parse(str(PAGE))
    return [str(region.lexemes["source"]) for region in blocks(document, "python sandbox")]


@pytest.fixture(scope="module")
async def sandbox(anyio_backend: str) -> AsyncIterator[Restricted]:  # noqa: F811
    try:
        async with open_restricted(RestrictedSettings(), ProcessSettings(workers=1)) as opened:
            yield opened
    except Problem as problem:
        if problem.code != "isolation-too-weak" or os.environ.get("PEGBOARD_TEST_REQUIRE_SERVICES") == "1":
            raise
        pytest.skip(f"this machine cannot jail: {problem.detail}")


@pytest.fixture(scope="module")
def data() -> bytes:
    (source,) = (str(region.lexemes["source"]) for region in blocks(Document.parse(str(PAGE)), "json file sales.json"))
    return source.encode()


async def run(sandbox: Restricted, source: str, data: bytes) -> Outcome:
    others = (Argument(json.dumps(REQUEST).encode(), "request"), Argument(json.dumps(USER).encode(), "object"))
    return await sandbox.run(Run("docs", program(source), (Argument(data), *others)))


async def check(sandbox: Restricted, source: str) -> tuple[Violation, ...]:
    return tuple(await sandbox.check("docs", program(source), Limits()))


@pytest.mark.parametrize("source", examples())
async def test_an_example_gives_what_its_last_comment_says(source: str, sandbox: Restricted, data: bytes) -> None:
    assert await check(sandbox, source) == ()
    ended = await run(sandbox, source, data)
    assert ended.ending is Ending.RESULT, ended.failure
    assert json.loads(ended.result) == json.loads(source.rpartition("  # ")[2])


@pytest.mark.parametrize("row", AT_ONCE, ids=lambda row: row.source[:60])
async def test_what_is_refused_is_refused_with_its_code(row: Refusal, sandbox: Restricted) -> None:
    if row.newer > sys.version_info.minor:
        with pytest.raises(SyntaxError):
            ast.parse(row.source)
        return
    assert row.code in {violation.code for violation in await check(sandbox, row.source)}


@pytest.mark.parametrize("row", AT_RUN, ids=lambda row: row.source[:60])
async def test_what_is_refused_while_it_runs_raises_what_is_said(
    row: Refusal, sandbox: Restricted, data: bytes
) -> None:
    assert await check(sandbox, row.source) == ()
    ended = await run(sandbox, row.source, data)
    assert (ended.ending, ended.failure and ended.failure.type) == (Ending.EXCEPTION, row.code)


@pytest.mark.parametrize("source", INSTEAD)
async def test_what_to_write_instead_is_accepted_and_runs(source: str, sandbox: Restricted, data: bytes) -> None:
    assert await check(sandbox, source) == ()
    ended = await run(sandbox, source, data)
    assert ended.ending is Ending.RESULT, ended.failure


# That nothing is missing: the lists are those of the sources.


def test_the_built_in_functions_are_those_that_are_offered() -> None:
    (listed,) = re.findall(r"\*\*Built-in functions\*\*: ([^;]*);", TEXT)
    offered = {name for name in OFFERED - set(EXCEPTIONS) if name[0].islower()}
    assert set(re.findall(r"`(\w+)`", listed)) == offered


def test_the_bases_of_classes_are_those_that_are_allowed() -> None:
    (listed,) = re.findall(r"A base of a class is .*? one of (.*?)\.", TEXT, re.DOTALL)
    assert set(re.findall(r"`(\w+)`", listed)) == {base.__name__ for base in PLAIN_BASES}


def test_the_modules_have_the_names_that_the_page_says() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", TEXT.partition("\n## Refused")[0], re.MULTILINE))
    assert rows.keys() == FACADES.keys()
    for module in ("collections", "datetime", "json"):
        assert set(re.findall(r"`(\w+)`", rows[module])) == set(shown_by(module))
    for module in ("re", "statistics", "time"):  # these have groups of names as well
        assert set(re.findall(r"`(\w+)`", rows[module])) <= set(shown_by(module))


def is_shown(name: str) -> bool:
    return any(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", row.source) for row in AT_ONCE)


def test_every_built_in_that_is_not_offered_has_a_row() -> None:
    missing = [name for name in hints.NOT_OFFERED | hints.RESERVED | set(hints.NAMES) if not is_shown(name)]
    assert not missing, f"docs/language.md lacks {sorted(missing)}"


def test_every_refused_attribute_has_a_row() -> None:
    """Those of frames, code and generators by their family: what stands before the first underscore."""
    inside = {name.split("_")[0] + "_" for name in names.REFUSED_ATTRIBUTES - {"mro"}}
    families = {family for family in inside if not any(f".{family}" in row.source for row in AT_ONCE)}
    updated = {name for name in names.GUARDED_ATTRIBUTES if not names.is_private(name)}
    missing = [name for name in {*hints.ATTRIBUTES, *updated} if not is_shown(name)]
    assert not [*missing, *families], "docs/language.md lacks these"


def test_every_construct_that_is_not_supported_has_a_row() -> None:
    """All nodes for which the policy has no rule, whether they have a hint or not."""
    nodes = {
        name for name, kind in vars(ast).items() if isinstance(kind, type) and issubclass(kind, ast.stmt | ast.expr)
    }
    unknown = {name for name in nodes if not hasattr(policy.Policy, f"visit_{name}")}
    refused = {name for name in nodes if getattr(policy.Policy, f"visit_{name}", 0) is checks.Checks.visit_Nonlocal}
    seen = {type(node).__name__ for row in AT_ONCE if row.code == "UNSUPPORTED" for node in walked(row)}
    old = {"stmt", "expr", "slice", "Num", "Str", "Bytes", "NameConstant", "Ellipsis", "Index", "ExtSlice", "Suite"}
    assert {"Match", "Await"} <= unknown | refused, "the search has lost what it is for"
    assert not (unknown | refused) - seen - old, "docs/language.md lacks these"
    newer = {name for name in hints.CONSTRUCTS if not hasattr(ast, name)}
    assert not newer or any(row.newer > sys.version_info.minor for row in AT_ONCE)


def walked(row: Refusal) -> Iterator[ast.AST]:
    if row.newer <= sys.version_info.minor:
        yield from ast.walk(ast.parse(program(row.source).source))


async def test_every_message_of_the_policy_is_shown_by_a_row(sandbox: Restricted) -> None:
    """Each place in the sources that refuses something: a new one has no row that makes it speak."""
    told = [violation.message for row in AT_ONCE for violation in await check(sandbox, row.source)]
    patterns = messages(checks, policy, compiling)
    assert len(patterns) > 15, "the search has lost what it is for"
    missing = [pattern for pattern in patterns if not any(re.fullmatch(pattern, message) for message in told)]
    assert not missing, f"docs/language.md has no row for {missing}"


def test_snippets_are_read_with_their_lines() -> None:
    assert snippets("`a`, `b`<br>`  c` and `d`") == ["a", "b\n  c", "d"]
    assert list(
        refusals("### `X`\n\n| refused | why | instead |\n|---|---|---|\n| `a` (Python 3.99) | b | or `c` |\n")
    ) == [Refusal("X", "a", "c", 99)]


def test_the_tables_are_found() -> None:
    assert {row.code for row in REFUSALS} == {
        *("FORBIDDEN_MODULE", "FORBIDDEN_CALL", "FORBIDDEN_NAME", "UNSUPPORTED"),
        *("NESTING", "SIZE", "SYNTAX", "MISSING_ENTRY", "AttributeError", "TypeError", "ValueError"),
    }
    assert len(AT_ONCE) > 100
