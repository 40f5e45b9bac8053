"""Programs made at random, and data for them."""

import re
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from .rules import COMMON, Rules

START = """\
def process_data(widget_data, request, user):
    n, x, s, xs, d, v = [widget_data[key] for key in ("n", "x", "s", "xs", "d", "v")]
    f, out = str, []
"""
END = "    return {'n': n, 'x': x, 's': s, 'xs': xs, 'd': d, 'v': v, 'out': out}\n"
MODULE = re.compile(r"\b(collections|datetime|itertools|json|math|re|statistics)\.")
TOKEN = re.compile(rf"<({'|'.join(COMMON.leaves)})(!?)>")
BLOCK = re.compile(r"^( *)<block>$", re.MULTILINE)

TEXT = st.text(st.characters(codec=None, max_codepoint=0x1FFFF), max_size=8)
INTEGERS = st.one_of(
    st.integers(-9, 9), st.integers(-(2**70), 2**70), st.sampled_from([2**31, 2**63, 2**64 - 1, 10**100, -(10**300)])
)
FLOATS = st.one_of(
    st.sampled_from([0.0, -0.0, 0.1, -2.5, 1e16, 1e-7, 1e300, -1e-300]),
    st.floats(allow_nan=False, allow_infinity=False),
)


def data(text: st.SearchStrategy[str]) -> st.SearchStrategy[dict[str, Any]]:
    """What a program gets: numbers of any size, texts, nested containers."""
    values = st.recursive(
        st.one_of(st.none(), st.booleans(), INTEGERS, FLOATS, text),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4),
        max_leaves=8,
    )
    lists, dicts = st.lists(values, max_size=5), st.dictionaries(text, values, max_size=4)
    return st.fixed_dictionaries({"n": INTEGERS, "x": FLOATS, "s": text, "xs": lists, "d": dicts, "v": values})


DATA = data(TEXT)
OLD_DATA = data(st.text("abß€😀 1_'\n", max_size=8))
"""With letters that every table of Unicode has, and no half of a surrogate pair."""


class Writer:
    """Writes one program with random numbers of hypothesis's, which makes it smaller where it fails."""

    def __init__(self, draw: Callable[[st.SearchStrategy[Any]], Any], rules: Rules) -> None:
        self._draw = draw
        self._rules = rules

    def _one(self, choices: list[str]) -> str:
        chosen: str = choices[self._draw(st.integers(0, len(choices) - 1))]
        return chosen

    def program(self) -> str:
        lines = [line for _ in range(self._draw(st.integers(1, 6))) for line in self._statement(2, self._rules.around)]
        body = START + "".join(f"    {line}\n" for line in lines) + END
        return "".join(f"import {module}\n" for module in sorted(set(MODULE.findall(body)))) + body

    def _statement(self, depth: int, around: str = "") -> list[str]:
        if around and self._draw(st.integers(0, 3)):
            return self._blocks(around, depth)
        compound = depth > 0 and self._draw(st.booleans())
        return self._blocks(
            self._expand(self._one(self._rules.compound if compound else self._rules.simple), 2), depth - 1
        )

    def _blocks(self, text: str, depth: int) -> list[str]:
        def block(found: re.Match[str]) -> str:
            lines = [line for _ in range(self._draw(st.integers(1, 2))) for line in self._statement(depth)]
            return "\n".join(found[1] + line for line in lines)

        return BLOCK.sub(block, text).splitlines()

    def _expand(self, text: str, depth: int) -> str:
        def rule(found: re.Match[str]) -> str:
            kind, leaf = found.groups()
            deeper = self._rules.kinds.get(kind) if depth > 0 and not leaf else None
            return self._expand(self._one(deeper or self._rules.leaves[kind]), depth - 1)

        return TOKEN.sub(rule, text)


@st.composite
def programs(draw: Callable[[st.SearchStrategy[Any]], Any], rules: Rules) -> str:
    return Writer(draw, rules).program()
