"""The recursion limit counts the program's own frames, all of them and no others."""

# ruff: noqa: E501 (a program is one line of its table)

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pegboard_sandbox_process.child import Job, LimitHit
from pegboard_sandbox_restricted.language import RestrictedPython

DEEP = {
    "def": "def f(n): return 0 if n == 0 else 1 + f(n - 1)",
    "lambda": "f = lambda n: 0 if n == 0 else 1 + f(n - 1)",
    "method": "class A:\n    def f(self, n): return 0 if n == 0 else 1 + self.f(n - 1)\nf = A().f",
    "special method": "class A:\n    def __call__(self, n): return 0 if n == 0 else 1 + A()(n - 1)\nf = A()",
    "callback of a built-in": "def f(n): return 0 if n == 0 else 1 + list(map(f, [n - 1]))[0]",
    "key of sorted": "def f(n):\n    if n: sorted([n - 1], key=f)\n    return n",
    "callback of the library": "import json\ndef f(n): return 0 if n == 0 else 1 + json.loads('{}', object_hook=lambda d: f(n - 2) if n > 1 else 0)",
    "comprehension": "def f(n): return 0 if n == 0 else 1 + [f(n - 1) for i in range(1)][0]",
    "generator expression": "def f(n): return 0 if n == 0 else 1 + sum(f(n - 1) for i in range(1))",
    "generator": "def g(n):\n    if n > 1:\n        for x in g(n - 1): yield x\n    yield n\ndef f(n): return sum(1 for x in g(n))",
    "yield from": "def g(n):\n    if n > 1: yield from g(n - 1)\n    yield n\ndef f(n): return sum(1 for x in g(n))",
    "factory of defaultdict": "from collections import defaultdict\ndef f(n):\n    d = defaultdict(lambda: f(n - 2) if n > 1 else 0)\n    return d[0]",
    "caught on the way": "def f(n):\n    try:\n        return 0 if n == 0 else 1 + f(n - 1)\n    except ValueError:\n        return 0",
    "many calls before": "def leaf(n): return n\ndef f(n):\n    for i in range(300): leaf(i)\n    return 0 if n == 0 else 1 + f(n - 1)",
}  # fmt: skip
ENTRY = "\ndef process_data(data, request, user): return f(data)"
DEEPEST = {kind: 98 for kind in DEEP} | {"factory of defaultdict": 97, "many calls before": 97}
"""`process_data` is a frame and f(n) makes n + 1; generators n, besides f; two kinds have one more at the bottom."""


@pytest.mark.parametrize("kind", DEEP)
def test_a_hundred_frames_are_allowed_and_one_more_is_not(kind: str, bare: Any) -> None:
    source = DEEP[kind] + ENTRY
    bare.run(source, DEEPEST[kind])
    with pytest.raises(LimitHit) as hit:
        bare.run(source, DEEPEST[kind] + 1)
    assert (hit.value.limit, hit.value.allowed) == ("recursion", 100)


@given(limit=st.integers(3, 120), asked=st.integers(0, 150))
@settings(max_examples=150, deadline=None)
def test_the_limit_is_exact(limit: int, asked: int) -> None:
    source = DEEP["def"] + ENTRY
    limits = {"recursion": limit, "nesting": 10, "source": 65536, "wall": 5.0}
    job = Job("run", source, "process_data", [asked, None, None], limits)
    if asked + 2 <= limit:
        assert RestrictedPython().execute(job) == asked
    else:
        with pytest.raises(LimitHit):
            RestrictedPython().execute(job)


def test_generators_that_were_started_one_by_one_count_when_they_run_within_each_other(bare: Any) -> None:
    source = """
    def wrap(inner):
        for x in inner:
            yield x

    def process_data(data, request, user):
        chain = iter(range(1000))
        for i in range(data):
            chain = wrap(chain)
            next(chain)
        return next(chain)
    """
    assert bare.run(source, 99) == 99
    with pytest.raises(LimitHit):
        bare.run(source, 100)


@pytest.mark.parametrize("caught", ["RecursionError", "Exception", "BaseException"])
def test_a_program_that_catches_the_limit_ends_by_it_all_the_same(caught: str, bare: Any) -> None:
    source = f"""
    def f(n): return f(n + 1)
    def process_data(data, request, user):
        try:
            f(0)
        except {caught}:
            pass
        return "went on"
    """
    with pytest.raises(LimitHit):
        bare.run(source)


def test_a_program_that_went_too_deep_cannot_call_again(bare: Any) -> None:
    source = """
    calls = []
    def deep(n): return deep(n + 1)
    def note(): calls.append(1)
    def process_data(data, request, user):
        try:
            deep(0)
        except RecursionError:
            note()
    """
    with pytest.raises(LimitHit):
        bare.run(source)


def test_frames_of_the_library_are_free(bare: Any) -> None:
    nested = "import json, statistics\nreturn [json.dumps(data), statistics.mean([1, 2]), len(json.loads('[' * 400 + ']' * 400))]"
    data: list[Any] = []
    for _ in range(300):
        data = [data]
    assert bare.run(nested, data)[1:] == [1.5, 1]


def test_a_recursion_in_c_ends_by_the_same_limit(bare: Any) -> None:
    with pytest.raises(LimitHit):
        bare.run("import json\nreturn json.loads('[' * 30000)")


def test_returning_and_raising_give_the_frames_back(bare: Any) -> None:
    source = """
    def fail(n):
        raise ValueError(n)
    def process_data(data, request, user):
        caught = 0
        for i in range(1000):
            try:
                fail(i)
            except ValueError:
                caught += 1
        return caught
    """
    assert bare.run(source) == 1000
