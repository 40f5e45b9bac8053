"""Programs made at random give what plain Python gives: the same value, or the same exception."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from pegboard_sandbox_process.child import Job
from pegboard_sandbox_restricted.language import RestrictedPython

LIMITS = {"recursion": 100, "nesting": 10, "source": 65536, "wall": 5.0}
LANGUAGE = RestrictedPython()

NUMBERS = st.one_of(st.integers(-20, 20).map(str), st.sampled_from(["1.5", "-0.25", "True", "a", "b", "c", "n"]))
ARITHMETIC = st.recursive(
    NUMBERS,
    lambda inner: st.one_of(
        st.builds(
            "({} {} {})".format, inner, st.sampled_from(["+", "-", "*", "//", "%", "/", "&", "|", "^", "<<"]), inner
        ),
        st.builds("({} {} {})".format, inner, st.sampled_from(["<", "<=", "==", "!=", ">", "and", "or"]), inner),
        st.builds("({}{})".format, st.sampled_from(["-", "+", "~", "not "]), inner),
        st.builds("({} if {} else {})".format, inner, inner, inner),
        st.builds("max({}, {})".format, inner, inner),
        st.builds("(lambda x, y={}: x - y)({})".format, inner, inner),
    ),
    max_leaves=12,
)
LISTS = st.recursive(
    st.one_of(
        st.sampled_from(["xs", "ys", "[]", "[1, 2, 2]", "list('hello')"]),
        st.builds("list(range({}))".format, st.integers(0, 6)),
    ),
    lambda inner: st.one_of(
        st.builds("({} + {})".format, inner, inner),
        st.builds("[x for x in {} if x != {}]".format, inner, NUMBERS),
        st.builds("{}[{}:{}]".format, inner, st.integers(-3, 3), st.integers(-3, 3)),
        st.builds("sorted({}, key=lambda x: (str(x), {}))".format, inner, NUMBERS),
        st.builds("[*{}, *{}]".format, inner, inner),
        st.builds("list(map(lambda x: [x], {}))".format, inner),
        st.builds("[{}, *{}]".format, NUMBERS, inner),
        st.builds("list({{str(k): v for k, v in enumerate({})}}.values())".format, inner),
        st.builds("[y for x in {} for y in [x, {}]]".format, inner, NUMBERS),
    ),
    max_leaves=8,
)
STATEMENTS = st.one_of(
    st.builds("{} = {}".format, st.sampled_from("abc"), ARITHMETIC),
    st.builds("{} {}= {}".format, st.sampled_from("abcn"), st.sampled_from(["+", "-", "*", "//", "|"]), ARITHMETIC),
    st.builds("xs = {}".format, LISTS),
    st.builds("ys.extend({})".format, LISTS),
    st.builds("d[{}] = {}".format, ARITHMETIC, LISTS),
    st.builds("d[{}] += {}".format, NUMBERS, LISTS),
    st.builds("counts[str({})] += {}".format, ARITHMETIC, NUMBERS),
    st.builds("box.value = {}".format, ARITHMETIC),
    st.builds("box.value += {}".format, ARITHMETIC),
    st.builds("a, *ys = {}".format, LISTS),
    st.builds("(a, b), c = ({}, {}), {}".format, ARITHMETIC, NUMBERS, NUMBERS),
    st.builds("xs[{}] = {}".format, st.integers(-2, 2), ARITHMETIC),
    st.builds("del xs[{}]".format, st.integers(-2, 2)),
    st.builds("out.append(f'{{{}!r:>8}} {{{}}}')".format, NUMBERS, ARITHMETIC),
    st.builds("for x in {}: n += len(str(x))".format, LISTS),
    st.builds("if {}: xs = {}".format, ARITHMETIC, LISTS),
    st.builds(
        "try: a = {}\nexcept (ZeroDivisionError, ValueError) as e: out.append(type(e).__name__)".format, ARITHMETIC
    ),
    st.builds("assert {}".format, ARITHMETIC),
)

START = """
from collections import Counter, defaultdict

class Box:
    def __init__(self):
        self.value = 0

def program(a, b, c):
    n, xs, ys, out, d, counts, box = 0, [3, 1, 2], [], [], defaultdict(list), Counter(), Box()
"""
END = "    return [a, b, c, n, xs, ys, out, sorted(d.items(), key=str), dict(counts), box.value]\n"


def source_of(statements: list[str]) -> str:
    lines = [line for statement in statements for line in statement.splitlines()]
    return START + "".join(f"    {line}\n" for line in lines) + END


def ended(run: Any) -> tuple[str, Any]:
    try:
        return "value", repr(run())
    except Exception as error:
        return type(error).__name__, str(error)


@given(statements=st.lists(STATEMENTS, min_size=1, max_size=8), a=st.integers(-5, 5), b=st.integers(-5, 5))
@settings(max_examples=400, deadline=None)
def test_a_random_program_means_what_it_means_in_python(statements: list[str], a: int, b: int) -> None:
    source = source_of(statements)
    names: dict[str, Any] = {"__name__": "program"}
    exec(compile(source, "plain", "exec"), names)
    expected = ended(lambda: names["program"](a, b, 2))
    job = Job("run", source, "program", [a, b, 2], LIMITS)
    assert LANGUAGE.check(job) == []
    assert ended(lambda: LANGUAGE.execute(job)) == expected


TEXTS = st.text(st.sampled_from("{}!:.[]_09ab<>rd,"), max_size=14)


@given(text=TEXTS, value=st.one_of(st.integers(0, 99), st.just([1, 2]), st.just({"a": 1})))
@settings(max_examples=500, deadline=None)
def test_format_means_what_it_means_in_python_or_is_refused(text: str, value: Any) -> None:
    expected = ended(lambda: text.format(value, a=value))
    source = "def program(text, value): return text.format(value, a=value)"
    found = ended(lambda: LANGUAGE.execute(Job("run", source, "program", [text, value], LIMITS)))
    refused = found[0] == "AttributeError" and "is not available" in found[1]
    malformed = found[0] == "ValueError" and expected[0] != "value"
    assert refused or malformed or found == expected
    if refused:
        assert "._" in text
