"""What a program hides in the library is not there in its next call, nor in the next tenant's.

`test_restricted_warm` has what a program leaves among its own things. Here it reaches for caches, tables, registries
and attributes of the library's, which live as long as the process. Each runs in one process without the jail, and in
warm workers.
"""

import json
from typing import Any

import pytest

from pegboard import Ending

TELLING = """
class T(str):
    def __hash__(self): return 7
    def __eq__(self, other):
        heard.append(getattr(other, 'left', 'a stranger'))
        return False
class N(int):
    def __hash__(self): return 7
    def __eq__(self, other):
        heard.append(getattr(other, 'left', 'a stranger'))
        return False
heard = []
"""
"""Keys that hear what lies in the same dictionary."""

HIDDEN = {
    # where; the program, whose `data` is the number of the call; what comes out of each call
    "the cache of patterns, by its flags": (
        TELLING + "import re\ndef process_data(data, r, u):\n    flags = N(0)\n    flags.left = data\n"
        "    re.compile('xyz', flags)\n    return heard",
        [],
    ),
    "the cache of patterns, by its text": (
        TELLING + "import re\ndef process_data(data, r, u):\n    text = T('x*')\n    text.left = data\n"
        "    for use in (re.compile, lambda t: re.search(t, 'x'), lambda t: re.sub(t, 'y', 'x')): use(text)\n"
        "    return heard",
        [],
    ),
    "the cache of replacements": (
        TELLING + "import re\ndef process_data(data, r, u):\n    text = T(r'\\g<0>')\n    text.left = data\n"
        "    re.compile('x').sub(text, 'x')\n    re.match('x', 'x').expand(text)\n    return heard",
        [],
    ),
    "the cache of date formats": (
        TELLING + "import datetime, time\ndef process_data(data, r, u):\n    text = T('%Y')\n    text.left = data\n"
        "    datetime.datetime.strptime('2024', text)\n    time.strptime('2024', text)\n    return heard",
        [],
    ),
    "the names of named tuples": (
        TELLING + "import collections\ndef process_data(data, r, u):\n    text = T('abc')\n    text.left = data\n"
        "    collections.namedtuple(text, [text, 'other'])\n    return [each for each in heard if each is None]",
        [],
    ),
    "the names of encodings": (
        TELLING + "def process_data(data, r, u):\n    text = T('utf-8')\n    text.left = data\n"
        "    'x'.encode(text)\n    b'x'.decode(text, T('strict'))\n    return heard",
        [],
    ),
    "keys of parsed JSON": (
        TELLING + "import json\ndef process_data(data, r, u):\n    text = T('{\"a\": 1}')\n    text.left = data\n"
        "    json.loads(text)\n    json.dumps({text: 1})\n    return heard",
        [],
    ),
    "a table of re": (
        "import re\nclass S(str):\n    def translate(self, table):\n        seen.append(table.get(0))\n"
        "        table[0] = 'left'\n        return ''\nseen = []\n"
        "def process_data(data, r, u):\n    re.escape(S('a'))\n    return seen",
        [],
    ),
    "the groups of a pattern": (
        "import re\nclass E:\n    def __eq__(self, other):\n        seen.append(sorted(other))\n"
        "        other['left'] = 1\nseen = []\ndef process_data(data, r, u):\n"
        "    re.compile('(?P<a>x)').groupindex == E()\n    return [seen, re.match('(?P<a>x)', 'x').groupdict()]",
        [[["a"]], {"a": "x"}],
    ),
    "the registry of an abstract class": (
        "from collections import ChainMap\ndef process_data(data, r, u):\n    before = isinstance(1.5, ChainMap)\n"
        "    try:\n        ChainMap.register(float)\n    except AttributeError:\n        return before",
        False,
    ),
    "an attribute of the library, by an exception's maker": (
        "import json, re\nclass E(re.error):\n    @classmethod\n    def write(cls, it): super().__init__(it, 'l')\n"
        "def process_data(data, r, u):\n    left = [hasattr(json.loads, 'msg'), hasattr(re.error, 'msg')]\n"
        "    for target in (json.loads, re.error):\n        try:\n            E.write(target)\n"
        "        except (AttributeError, TypeError):\n            continue\n    return left",
        [False, False],
    ),
    "a generator in a cache": (
        "import re\nclass S(str): pass\ndef g(n):\n    try:\n        yield n\n    finally:\n        print('late', n)\n"
        "def process_data(data, r, u):\n    text = S('x')\n    text.left = g(data)\n    next(text.left)\n"
        "    re.compile(text)\n    re.sub('x', S(r'\\g<0>'), 'x')\n    re.purge()\n    return 1",
        1,
    ),
    "a virtual subclass of a class that the library handed out": (
        "import statistics\nclass N(float):\n    def __init__(self, value=0): seen.append(value)\nseen = []\n"
        "def process_data(data, r, u):\n    statistics.mean([N(1.5), N(2.5)])\n"
        "    return [hasattr(type(each), 'register') for each in seen]",
        [False, False, False],
    ),
    "the class of the arguments": (
        "def process_data(data, r, u):\n    left = []\n    for kind in (type(r), type(u), type(r.headers)):\n"
        "        left.append(hasattr(kind, 'left'))\n        try:\n            kind.left = 1\n"
        "        except TypeError:\n            continue\n    return left",
        [False, False, False],
    ),
    "the class of a façade": (
        "import math\ndef process_data(data, r, u):\n    left = hasattr(math, 'left')\n"
        "    try:\n        type(math).left = 1\n    except TypeError:\n        return left",
        False,
    ),
    "a result class of statistics": (
        "import statistics\ndef process_data(data, r, u):\n"
        "    kind = type(statistics.linear_regression([1, 2], [3, 4]))\n    left = hasattr(kind, 'left')\n"
        "    try:\n        kind.left = 1\n    except TypeError:\n        return left",
        False,
    ),
    "the recursion that is left": (
        "def f(n): return n and 1 + f(n - 1)\ndef process_data(data, r, u):\n    try:\n        f(20)\n"
        "        return f(90)\n    finally:\n        print('end')",
        90,
    ),
    "a codec that is not there": (
        "def process_data(data, r, u):\n    try:\n        'x'.encode('left-' + str(data))\n"
        "    except LookupError as e:\n        return [len(e.args)]",
        [1],
    ),
}


@pytest.mark.parametrize("place", HIDDEN)
def test_nothing_is_hidden_in_a_process(place: str, bare: Any, capsys: pytest.CaptureFixture[str]) -> None:
    source, expected = HIDDEN[place]
    said = []
    for number in range(3):
        assert bare.run(source, number) == expected
        said.append(capsys.readouterr().out.replace(str(number), "n"))
    assert said == [said[0]] * 3


@pytest.mark.anyio
@pytest.mark.parametrize("place", HIDDEN)
async def test_nothing_is_hidden_in_a_warm_worker(place: str, jailed: Any) -> None:
    source, expected = HIDDEN[place]
    outcomes = [await jailed.run(source, number, tenant=tenant) for number in range(3) for tenant in ("one", "two")]
    assert {each.ending for each in outcomes} == {Ending.RESULT}, outcomes[0]
    assert [json.loads(each.result) for each in outcomes] == [expected] * 6
    said = [each.stdout.data.replace(str(number // 2).encode(), b"n") for number, each in enumerate(outcomes)]
    assert said == [said[0]] * 6
