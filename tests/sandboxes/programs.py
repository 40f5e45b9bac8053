"""Programs made at random, and data for them."""

import re
from collections.abc import Callable
from types import ModuleType
from typing import Any

from hypothesis import strategies as st

from . import grammar

START = """\
def process_data(widget_data, request, user):
    n, x, s, xs, d, v = [widget_data[key] for key in ("n", "x", "s", "xs", "d", "v")]
    f, out = str, []
"""
END = "    return {'n': n, 'x': x, 's': s, 'xs': xs, 'd': d, 'v': v, 'out': out}\n"
GOES_ON = "try:\n    <block>\nexcept Exception as e:\n    out.append([type(e).__name__, str(e)])"
"""Around most statements, or nearly every program would end at its first error."""

MODULE = re.compile(r"\b(collections|datetime|itertools|json|math|re|statistics)\.")
TOKEN = re.compile(rf"<({'|'.join(grammar.LEAVES)})(!?)>")
BLOCK = re.compile(r"^( *)<block>$", re.MULTILINE)

TEXT = st.text(st.characters(codec=None, max_codepoint=0x1FFFF), max_size=8)
INTEGERS = st.one_of(
    st.integers(-9, 9), st.integers(-(2**70), 2**70), st.sampled_from([2**31, 2**63, 2**64 - 1, 10**100, -(10**300)])
)
FLOATS = st.one_of(
    st.sampled_from([0.0, -0.0, 0.1, -2.5, 1e16, 1e-7, 1e300, -1e-300]),
    st.floats(allow_nan=False, allow_infinity=False),
)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), INTEGERS, FLOATS, TEXT),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=8,
)
DATA = st.fixed_dictionaries(
    {
        "n": INTEGERS,
        "x": FLOATS,
        "s": TEXT,
        "xs": st.lists(VALUES, max_size=5),
        "d": st.dictionaries(TEXT, VALUES, max_size=4),
        "v": VALUES,
    }
)
"""What a program gets: numbers of any size, texts with lone surrogates, nested containers."""


class Writer:
    """Writes one program with random numbers of hypothesis's, which makes it smaller where it fails."""

    def __init__(self, draw: Callable[[st.SearchStrategy[Any]], Any], more: ModuleType | None) -> None:
        self._draw = draw
        self._rules = {
            kind: [*rules, *(more.RULES.get(kind, ()) if more else ())] for kind, rules in grammar.RULES.items()
        }
        self._simple = [*grammar.SIMPLE, *(more.SIMPLE if more else ())]
        self._compound = [*grammar.COMPOUND, *(more.COMPOUND if more else ())]

    def _one(self, choices: list[str]) -> str:
        chosen: str = choices[self._draw(st.integers(0, len(choices) - 1))]
        return chosen

    def program(self) -> str:
        lines = [line for _ in range(self._draw(st.integers(1, 6))) for line in self._statement(2, GOES_ON)]
        body = START + "".join(f"    {line}\n" for line in lines) + END
        return "".join(f"import {module}\n" for module in sorted(set(MODULE.findall(body)))) + body

    def _statement(self, depth: int, around: str = "") -> list[str]:
        if around and self._draw(st.integers(0, 3)):
            return self._blocks(around, depth)
        compound = depth > 0 and self._draw(st.booleans())
        return self._blocks(self._expand(self._one(self._compound if compound else self._simple), 2), depth - 1)

    def _blocks(self, text: str, depth: int) -> list[str]:
        def block(found: re.Match[str]) -> str:
            lines = [line for _ in range(self._draw(st.integers(1, 2))) for line in self._statement(depth)]
            return "\n".join(found[1] + line for line in lines)

        return BLOCK.sub(block, text).splitlines()

    def _expand(self, text: str, depth: int) -> str:
        def rule(found: re.Match[str]) -> str:
            kind, leaf = found.groups()
            deeper = self._rules.get(kind) if depth > 0 and not leaf else None
            return self._expand(self._one(deeper or grammar.LEAVES[kind]), depth - 1)

        return TOKEN.sub(rule, text)


@st.composite
def programs(draw: Callable[[st.SearchStrategy[Any]], Any], more: ModuleType | None = None) -> str:
    """In the common subset, or with `wider` beyond it."""
    return Writer(draw, more).program()
