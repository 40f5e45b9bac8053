"""Ordinary logic does what it does in Python."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pegboard import Argument, Ending, Limits, Program

pytestmark = pytest.mark.anyio

MONTHLY_SALES = """
def process_data(widget_data, request, user):
    from collections import defaultdict
    monthly = defaultdict(float)
    for sale in widget_data.get("sales", []):
        month = sale["date"][:7]
        monthly[month] = monthly[month] + sale["amount"]
    return {"labels": list(monthly.keys()), "data": list(monthly.values()), "total": sum(monthly.values())}
"""

SAME = r"""
# loops
total = 0
for i in range(10):
    if i % 2:
        continue
    total += i
else:
    total += 100
return total
---
# while
n, steps = 27, 0
while n != 1:
    n = n // 2 if n % 2 == 0 else 3 * n + 1
    steps += 1
return steps
---
# comprehensions
return [[x * y for y in range(3)] for x in range(3)], {x: x ** 2 for x in range(3)}
---
# generator
return sum(x * x for x in range(10)), ','.join(str(x) for x in range(3)), any(x > 2 for x in range(4))
---
# closure
def counter():
    n = 0
    def more():
        nonlocal n
        n += 1
        return n
    return more
c = counter()
return [c(), c()]
---
# decorator
def twice(f):
    return lambda x: f(f(x))
@twice
def add(x):
    return x + 3
return add(1)
---
# class
class A:
    kind = 'a'
    def __init__(self, x):
        self.x = x
    def more(self, y=1):
        return self.x + y
a = A(1)
a.x += 5
return [a.more(), a.more(y=2), A.kind, isinstance(a, A)]
---
# operators
class V:
    def __init__(self, x):
        self.x = x
    def __add__(self, other):
        return V(self.x + other.x)
    def __eq__(self, other):
        return self.x == other.x
return (V(1) + V(2)).x, V(1) == V(1), V(1) != V(2)
---
# dataclass
from dataclasses import dataclass, field
@dataclass
class P:
    x: int
    tags: list = field(default_factory=list)
p = P(1)
p.tags.append('a')
return [p.x, p.tags]
---
# match
match {'kind': 'sale', 'n': 3}:
    case {'kind': 'sale', 'n': n} if n > 2:
        return n
    case _:
        return None
---
# exceptions
try:
    {}['x']
except (KeyError, ValueError) as e:
    found = type(e).__name__
finally:
    done = True
return found, done
---
# raise from
try:
    try:
        1 / 0
    except ZeroDivisionError as e:
        raise ValueError('two') from e
except ValueError as e:
    return str(e)
---
# with
class C:
    def __enter__(self):
        return 5
    def __exit__(self, *a):
        return True
with C() as c:
    1 / 0
return c
---
# star arguments
def f(a, /, b, *c, d=4, **e):
    return [a, b, list(c), d, e]
return f(1, 2, 3, d=5, x=6), f(*[1, 2], **{'y': 1})
---
# unpacking
a, (b, *c), d = 1, [2, 3, 4], 5
return [a, b, c, d, [*range(2)], {**{'k': 1}}]
---
# slices
x = list(range(10))
x[2:4] = ['a']
return x[::-2], 'abc'[1:], x[-1]
---
# sorting
rows = [{'n': 2}, {'n': 1}]
return sorted(rows, key=lambda r: r['n']), max(rows, key=lambda r: r['n']), sorted('bca')
---
# formats
return f'{3.14159:.2f} {1234567:,} {"a":>3} {5!r} {0.25:%}', '%s-%d' % ('a', 3), '{:>4}|{x}'.format(1, x=2)
---
# strings
s = ' Abc,d '
return s.strip().lower().split(','), 'a-b'.replace('-', '_').upper(), 'x'.zfill(3), 'ab'.startswith('a')
---
# sets
return sorted({1, 2} | {3}), sorted({1, 2} & {2}), 2 in {2}
---
# dates
from datetime import datetime, timedelta
d = datetime.strptime('2026-01-31', '%Y-%m-%d') + timedelta(days=1)
return d.strftime('%d.%m.%Y'), d.isoformat(), d.weekday()
---
# json
import json
return json.loads(json.dumps({'b': [1, None, True], 'a': 'ü'}, sort_keys=True))
---
# regular expressions
import re
m = re.match(r'(?P<y>\d+)-(\d+)', '2026-05')
return m.group('y'), m.group(2), re.findall(r'\w+', 'a b'), re.sub('a', 'b', 'aa')
---
# collections
from collections import Counter, defaultdict, deque
d = defaultdict(list)
d['x'].append(1)
q = deque([1, 2], maxlen=2)
q.append(3)
return Counter('aab').most_common(1), d, list(q)
---
# itertools
import itertools, functools
return [list(g) for _, g in itertools.groupby([1, 1, 2])], functools.reduce(lambda a, b: a + b, [1, 2, 3])
---
# math
import math
return math.floor(2.5), math.sqrt(16), round(2.5), divmod(7, 2), 2 ** 100, 7 // -2, -7 % 3
---
# annotations
from typing import Optional
x: Optional[int] = None
def f(a: 'int') -> list[str]:
    return [a]
return x, f('s')
---
# walrus
if (n := 5) > 3:
    return n
"""
PROGRAMS = {title: source for title, _, source in (one.strip().partition("\n") for one in SAME.split("\n---\n"))}


async def test_the_monthly_sales_are_those_of_python(desk: Any) -> None:
    data = {"sales": [{"date": f"2026-{n % 12 + 1:02d}-11", "amount": n * 1.25, "region": "n"} for n in range(100)]}
    names: dict[str, Any] = {}
    exec(MONTHLY_SALES, names)
    expected = names["process_data"](data, None, None)
    assert await desk.value(MONTHLY_SALES, data) == expected
    assert await desk.value(MONTHLY_SALES, {}) == {"labels": [], "data": [], "total": 0}


@pytest.mark.parametrize("name", PROGRAMS)
async def test_a_program_gives_what_python_gives(name: str, desk: Any, as_program: Callable[[str], str]) -> None:
    source = as_program(PROGRAMS[name])
    names: dict[str, Any] = {}
    exec(source, names)
    expected = json.loads(json.dumps(names["process_data"](None, None, None)))
    assert await desk.sandbox.check("tenant", Program(source, "process_data"), Limits()) == ()
    assert await desk.value(source) == expected


@pytest.mark.parametrize("name", PROGRAMS)
async def test_without_an_entry_the_source_is_a_functions_body(name: str, desk: Any, as_program: Any) -> None:
    names: dict[str, Any] = {}
    exec(as_program(PROGRAMS[name]), names)
    expected = json.loads(json.dumps(names["process_data"](None, None, None)))
    outcome = await desk.body(PROGRAMS[name])
    assert outcome.ending is Ending.RESULT, (outcome.failure, outcome.violations)
    assert json.loads(outcome.result) == expected


async def test_a_text_over_lines_stays_as_it_is_in_a_body(desk: Any) -> None:
    source = "s = '''a\n  b\n\tc''' + f'''{1}\n d'''\nif s:\n\treturn (s, 'x'\n'y')"
    outcome = await desk.body(source)
    assert json.loads(outcome.result) == ["a\n  b\n\tc1\n d", "xy"]


async def test_a_body_has_its_arguments_in_a_tuple(desk: Any) -> None:
    outcome = await desk.body("a, b = arguments\nreturn a + b", Argument(b"1"), Argument(b"2"))
    assert outcome.result == b"3"


@pytest.mark.parametrize(
    "source", ["", "# nothing\n", "x = 1", "'only a text'", "for i in [1]:\n\tx = i", "\r\nx = 1\r\n"]
)
async def test_a_body_that_returns_nothing_gives_null(source: str, desk: Any) -> None:
    outcome = await desk.body(source)
    assert (outcome.ending, outcome.result) == (Ending.RESULT, b"null"), (outcome.failure, outcome.violations)


async def test_the_line_of_an_exception_is_that_of_the_source(desk: Any) -> None:
    body = await desk.body("x = '''a\nb'''\nif x:\n    y = 1\n    1 / 0\n")
    assert (body.failure.type, body.failure.line) == ("ZeroDivisionError", 5)
    function = await desk.run(
        "import json\n\ndef inner(x):\n    return json.loads(x)\n\ndef process_data(d, r, u):\n    return inner('{')"
    )
    assert (function.failure.type, function.failure.line) == ("JSONDecodeError", 4)
    module = await desk.run("x = 1\nx.y\ndef process_data(d, r, u): pass")
    assert (module.failure.type, module.failure.line) == ("AttributeError", 2)
    view = await desk.run("x = 1\nreturn request.headers['nope']")
    assert (view.failure.type, view.failure.line) == ("KeyError", 3)


async def test_an_entry_that_is_never_made_is_a_violation_when_it_runs(desk: Any) -> None:
    outcome = await desk.run("if False:\n    def process_data(d, r, u): pass")
    assert [violation.code for violation in outcome.violations] == ["MISSING_ENTRY"]


async def test_an_entry_that_takes_other_arguments_is_an_exception(desk: Any) -> None:
    outcome = await desk.run("def process_data(only): return only")
    assert (outcome.ending, outcome.failure.type) == (Ending.EXCEPTION, "TypeError")


text = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
numbers = st.integers(-(2**63), 2**63) | st.floats(allow_nan=False, allow_infinity=False)
json_values = st.recursive(
    st.none() | st.booleans() | numbers | text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4),
    max_leaves=15,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=json_values)
async def test_any_json_goes_in_and_out_as_it_is(value: Any, desk: Any) -> None:
    assert await desk.value("return data", value) == value
