"""Ordinary programs give what plain Python gives."""

# ruff: noqa: E501 (a program is one line of its table)

import datetime
import json
from typing import Any

import pytest

from pegboard_sandbox_process.views import Object, Request

SALES = {"sales": [{"date": f"2024-{i % 12 + 1:02d}-01", "amount": i * 1.5, "region": "ns"[i % 2]} for i in range(40)]}

PROGRAMS = {
    "augmented item": "d = {'a': 1}\nd['a'] += 2\nd['b'] = d.get('b', 0) + 1\nreturn d",
    "augmented nested item": "d = {'a': {'b': [1, 2]}}\nd['a']['b'][0] *= 10\nd['a']['b'] += [3]\nreturn d",
    "augmented slice": "x = [1, 2, 3, 4]\nx[1:3] += [9]\ndel x[0]\nreturn x",
    "augmented attribute": "class A:\n    def __init__(self): self.n = 1\na = A()\na.n += 4\na.n <<= 2\nreturn a.n",
    "augmented names": "n = 7\nn += 1; n -= 2; n *= 3; n //= 2; n %= 5; n **= 2; n |= 8; n ^= 3; n &= 14; n >>= 1\nreturn n",
    "augmented list is in place": "a = b = [1]\na += [2]\nreturn b",
    "key evaluated once": "seen = []\ndef key():\n    seen.append(1)\n    return 'k'\nd = {'k': 1}\nd[key()] += 1\nreturn [d, seen]",
    "annotated assignment": "x: int = 1\ny: 'list[int]' = [x]\nz: dict[str, int]\nreturn [x, y]",
    "annotated items": "d: dict = {}\nd['a']: int = 3\nreturn d",
    "annotations": "from typing import Any, Dict, List, Optional\ndef f(a: Dict[str, Any], *b: List[int], c: Optional[int] = None, **d: 'x') -> List[Any]:\n    return [a, b, c, d]\nreturn f({}, 1, c=2, e=3)",
    "alias of a type": "from typing import List, Union\nNumbers = Union[List[int], None]\ndef f(a: Numbers): return a\nreturn f([1])",
    "defaultdict": "from collections import defaultdict\nm = defaultdict(float)\nfor s in data['sales']:\n    m[s['date'][:7]] += s['amount']\nreturn m",
    "defaultdict of lists": "from collections import defaultdict\nm = defaultdict(list)\nfor s in data['sales']:\n    m[s['region']].append(s['amount'])\nreturn {k: sum(v) for k, v in m.items()}",
    "nested defaultdict": "from collections import defaultdict\nm = defaultdict(lambda: defaultdict(int))\nfor s in data['sales']:\n    m[s['region']][s['date']] += 1\nreturn m",
    "Counter": "from collections import Counter\nc = Counter('abracadabra')\nc['a'] += 5\nc.update('bb')\nreturn [c.most_common(2), (c + Counter('a'))['a']]",
    "deque": "from collections import deque\nq = deque(maxlen=3)\nfor i in range(5): q.append(i)\nq[0] = 9\nq.rotate(1)\nreturn list(q)",
    "OrderedDict": "from collections import OrderedDict\no = OrderedDict(a=1, b=2)\no.move_to_end('a')\nreturn list(o)",
    "ChainMap": "from collections import ChainMap\nc = ChainMap({'a': 1}, {'b': 2})\nc['z'] = 3\nreturn [dict(c), c.maps[0]]",
    "namedtuple": "from collections import namedtuple\nP = namedtuple('P', 'x y', defaults=[5])\np = P(1)\nreturn [p.x, p.y, p._replace(x=9), p._asdict(), P._fields, list(P._make([3, 4]))]",
    "module alias": "import collections as c, json as j\nreturn [c.Counter('aa')['a'], j.dumps({'a': [1, None]})]",
    "import in a branch": "if data:\n    import math\nelse:\n    import re as math\nreturn math.floor(2.5)",
    "import in a class": "class A:\n    from math import pi\nreturn A.pi",
    "f-strings": "r = 1234.5\nn = 'x'\nreturn [f'${r:,.2f}', f'{n!r:>5}', f'{r:{10}.{1}f}', f'{data is None}', f'{n=}', f'{{}}']",
    "format": "return ['{:,.2f} {}'.format(1234.5, 'a'), '{0[k]} {1.real}'.format({'k': 1}, 2), '{a:>{w}}'.format(a=1, w=4), '{[k_1]}'.format({'k_1': 3}), '{x_y}'.format_map({'x_y': 2})]",
    "percent": "return ['%s-%05.2f' % ('a', 1.5), '%(a)s' % {'a': 1}]",
    "comprehensions": "return [[x * y for x in range(3) for y in range(3) if x != y], {x % 3 for x in range(9)} == {0, 1, 2}, {k: v for k, v in zip('ab', range(2))}, sum(x for x in range(10))]",
    "nested comprehension": "return [[c for c in row if c] for row in [[0, 1], [2, 0]]]",
    "comprehension over pairs": "return [a + c for a, (b, c) in [(1, (2, 3))]]",
    "unpacking": "a, b = 1, 2\n(c, [d, *e]), f = (3, 'xyz'), 4\n*g, h = range(4)\na, b = b, a\nreturn [a, b, c, d, e, f, g, h]",
    "star arguments": "def f(a, b=2, *c, d, **e): return [a, b, c, d, e]\nreturn [f(*[1, 2, 3], d=4, **{'z': 5}), [*range(2), *'ab'], {**{'a': 1}, 'b': 2}]",
    "positional only": "def f(a, /, b, *, c=3): return [a, b, c]\nreturn f(1, b=2)",
    "try": "out = []\nfor x in ['1', 'a', None]:\n    try:\n        out.append(int(x))\n    except ValueError as e:\n        out.append('v')\n    except (TypeError, KeyError):\n        out.append('t')\n    else:\n        out.append('ok')\n    finally:\n        out.append('.')\nreturn out",
    "raise from": "try:\n    try:\n        {}['k']\n    except KeyError as e:\n        raise ValueError('bad') from e\nexcept ValueError as e:\n    return [str(e), e.args, type(e).__name__]",
    "own exception": "class Bad(Exception):\n    def __init__(self, n):\n        super().__init__(f'bad {n}')\n        self.n = n\ntry:\n    raise Bad(3)\nexcept Bad as e:\n    return [str(e), e.n]",
    "with": "log = []\nclass C:\n    def __enter__(self):\n        log.append('in')\n        return self\n    def __exit__(self, *a):\n        log.append(a[0] is ValueError)\n        return True\nwith C() as c, C():\n    raise ValueError()\nreturn log",
    "lambda": "return sorted([{'n': 'b', 'v': 1}, {'n': 'a', 'v': 1}, {'n': 'c', 'v': 0}], key=lambda x: (-x['v'], x['n']))",
    "lambda default and closure": "fs = [lambda x, i=i: x + i for i in range(3)]\nreturn [f(10) for f in fs]",
    "sort": "items = data['sales']\nitems.sort(key=lambda s: s.get('amount', 0), reverse=True)\nreturn items[:3]",
    "slices": "x = list(range(10))\nx[2:4] = ['a']\nreturn [x[::-2], x[-3:], 'hello'[1:-1], x[slice(0, 2)]]",
    "generator": "def count(n):\n    i = 0\n    while i < n:\n        sent = yield i\n        i += sent or 1\ng = count(9)\nreturn [next(g), g.send(3), list(g)]",
    "yield from": "def walk(t):\n    for x in t:\n        if isinstance(x, list):\n            n = yield from walk(x)\n        else:\n            yield x\n    return len(t)\nreturn list(walk([1, [2, [3, 4]], 5]))",
    "class": "class Point:\n    '''A point.'''\n    count = 0\n    def __init__(self, x, y=0):\n        self.x, self.y = x, y\n        Point.count += 1\n    def __add__(self, o): return Point(self.x + o.x, self.y + o.y)\n    def __eq__(self, o): return (self.x, self.y) == (o.x, o.y)\n    def __repr__(self): return f'<{self.x},{self.y}>'\n    @property\n    def norm(self): return abs(self.x) + abs(self.y)\n    @staticmethod\n    def zero(): return Point(0)\n    @classmethod\n    def unit(cls): return cls(1, 1)\np = Point(1, 2) + Point.unit()\nreturn [repr(p), p == Point(2, 3), p.norm, Point.zero().x, Point.count]",
    "inheritance": "class A:\n    def hi(self): return 'a'\nclass B(A):\n    def hi(self): return super().hi() + 'b'\nclass C(dict):\n    def __missing__(self, k): return k * 2\nreturn [B().hi(), isinstance(B(), A), issubclass(B, A), C()['x']]",
    "property setter": "class A:\n    def __init__(self): self.n = 1\n    @property\n    def x(self): return self.n\n    @x.setter\n    def x(self, v): self.n = v * 2\na = A()\na.x = 4\nreturn a.x",
    "iterator": "class Up:\n    def __init__(self, n): self.n = n\n    def __iter__(self): return self\n    def __next__(self):\n        if not self.n: raise StopIteration\n        self.n -= 1\n        return self.n\nreturn [list(Up(3)), 2 in Up(3), max(Up(5))]",
    "container": "class Box:\n    def __init__(self): self.d = {}\n    def __getitem__(self, k): return self.d[k]\n    def __setitem__(self, k, v): self.d[k] = v\n    def __delitem__(self, k): del self.d[k]\n    def __contains__(self, k): return k in self.d\n    def __len__(self): return len(self.d)\nb = Box()\nb['a'] = 1\nb['a'] += 1\nn = [b['a'], len(b), 'a' in b]\ndel b['a']\nreturn n + [bool(b)]",
    "decorator": "def twice(f):\n    def g(*a, **k): return f(*a, **k) * 2\n    return g\n@twice\ndef f(x): return x + 1\nreturn f(3)",
    "closure": "def make():\n    state = {'n': 0}\n    def add(k):\n        state['n'] += k\n        return state['n']\n    return add\na = make()\na(2)\nreturn a(3)",
    "global": "global total\ntotal = 1\ndef add():\n    global total\n    total += 5\nadd()\nreturn total",
    "walrus": "if (n := len(data['sales'])) > 3:\n    return [n, [y for x in range(4) if (y := x * 2) > 2]]",
    "while else": "n = 3\nwhile n:\n    n -= 1\n    if n == 5: break\nelse:\n    return 'done'",
    "for else": "for x in []:\n    pass\nelse:\n    for y in (1, 2):\n        if y == 2: break\n        continue\n    else:\n        return 'no'\nreturn y",
    "chained and ternary": "x = 5\nreturn [1 < x <= 5, 'a' if x else 'b', not x, x and 2, None or 3, x is None, x in [5]]",
    "built-ins": "return [abs(-1), all([1]), any([0]), bin(5), bool(''), bytes([65]).decode(), chr(65), divmod(7, 2), list(enumerate('ab', 1)), list(filter(None, [0, 1])), float('1.5'), hex(255), int('7'), len('ab'), list(map(str, [1])), max(1, 2), min([3, 2]), oct(8), ord('a'), pow(2, 5, 7), list(range(1, 6, 2)), repr('a'), list(reversed([1, 2])), round(2.567, 1), sorted('ba'), str(1), sum([1, 2]), tuple([1]), list(zip('ab', [1, 2])), sorted(set([2, 1])), format(3.14159, '.2f'), isinstance(1, (int, str)), callable(len), getattr(data, 'nope', 'd'), hasattr(data, 'keys'), hash(1), next(iter([4])), complex(1, 2).imag, sorted(frozenset([1])), ascii('é'), type(1) is int]",
    "strings": "s = ' Hello, World '\nreturn [s.strip().lower().split(', '), s.replace('l', 'L'), '-'.join(['a', 'b']), s.title(), 'a,b'.partition(','), 'x'.zfill(3), s.find('W'), 'abc'.translate(str.maketrans('a', 'z')), 'é'.encode().hex()]",
    "dates": "from datetime import date, datetime, timedelta, timezone\nimport datetime as dt\nd = datetime.fromisoformat('2024-02-28T10:00:00')\nreturn [(d + timedelta(days=2)).isoformat(), d.strftime('%Y/%m'), datetime.strptime('03-2024', '%m-%Y').month, date(2024, 1, 31).weekday(), (datetime(2024, 1, 2) - datetime(2024, 1, 1)).total_seconds(), datetime(2024, 1, 1, tzinfo=timezone.utc).isoformat(), dt.MINYEAR, f'{d:%d.%m.%Y}', d.replace(hour=0) < d, dt.datetime.fromtimestamp(0, dt.timezone.utc).year]",
    "time": "import time\nt = time.strptime('2024-05-06', '%Y-%m-%d')\ntime.sleep(0)\nreturn [t.tm_mon, time.strftime('%Y', time.gmtime(0)), time.time() > 0, time.monotonic() <= time.monotonic()]",
    "json": "import json\ntry:\n    json.loads('{')\nexcept json.JSONDecodeError as e:\n    bad = [e.pos, e.lineno]\nreturn [bad, json.loads('{\"a\": [1.5, null]}'), json.dumps({'b': 1, 'a': 2}, sort_keys=True, indent=1)]",
    "re": "import re\np = re.compile(r'(?P<y>\\d{4})-(\\d\\d)', re.IGNORECASE | re.M)\nm = p.search('on 2024-05')\nreturn [m.group('y'), m.groups(), re.sub(r'(\\w)(\\w)', r'\\2\\1', 'abcd'), p.sub(r'<\\g<y>>', '2024-05'), re.findall('a+', 'aaba'), [x.start() for x in re.finditer('a', 'aba')], re.split(',', 'a,b'), m.expand(r'\\2'), re.sub('a', lambda m: m.group().upper(), 'banana'), bool(re.match('x', 'y')), re.escape('a.b')]",
    "math": "import math\nreturn [math.sqrt(16), math.floor(-1.5), math.pi, math.gcd(12, 18), math.isclose(0.1 + 0.2, 0.3), math.inf > 1, math.prod([2, 3])]",
    "statistics": "import statistics\nv = [s['amount'] for s in data['sales']]\nreturn [statistics.mean(v), statistics.median(v), statistics.stdev(v), statistics.mode([1, 1, 2]), statistics.quantiles(v), statistics.pvariance(v), statistics.fmean(v)]",
    "statistics error": "import statistics\ntry:\n    statistics.mean([])\nexcept statistics.StatisticsError as e:\n    return str(e)",
    "itertools": "import itertools\nfrom itertools import groupby, accumulate, chain, islice\nreturn [list(chain([1], [2])), [(k, len(list(g))) for k, g in groupby('aabb')], list(islice(itertools.count(5), 3)), list(itertools.combinations('abc', 2)), list(accumulate([1, 2, 3], lambda a, b: a * b)), list(itertools.zip_longest('ab', 'c'))]",
    "assert": "try:\n    assert data is None, 'no'\nexcept AssertionError as e:\n    return str(e)",
    "del": "x = {'a': 1, 'b': 2}\ny = 1\ndel x['a'], y\nreturn x",
    "recursion": "def fact(n): return 1 if n < 2 else n * fact(n - 1)\nreturn fact(20)",
    "long sum": "return " + " + ".join(["1"] * 600),
    "long elif": "x = 150\nif x == 0: return 0\n" + "\n".join(f"elif x == {i}: return {i}" for i in range(1, 160)),
    "many names of built-ins": "id, input, open, vars, dir, type = 1, 2, 3, 4, 5, 6\nreturn [id, input, open, vars, dir, type]",
    "underscore": "for _ in range(2): pass\nreturn [_, [1 for _ in 'ab']]",
    "multi-line string": "return '''a\n  b\n\tc'''",
    "future": "import math\nreturn math.trunc(1.5)",
    "missing attribute": "try:\n    data.nothing\nexcept AttributeError as e:\n    return str(e)",
    "index error": "try:\n    [][0]\nexcept IndexError as e:\n    return str(e)",
    "key of any type": "d = {(1, 'a'): 2, None: 3, 1.5: 4}\nreturn [d[1, 'a'], d[None], list(map(str, d))]",
    "docstring": "'''What it does.'''\nreturn 1",
}  # fmt: skip


def plain(source: str, data: Any) -> Any:
    """What Python itself makes of `source`."""
    names: dict[str, Any] = {"__name__": "program"}
    exec(source, names)
    return names["process_data"](data, Request({}), Object({"id": "u1"}))


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_program_gives_what_plain_python_gives(program: str, bare: Any, as_program: Any) -> None:
    source = as_program(PROGRAMS[program])
    expected = json.dumps(plain(source, json.loads(json.dumps(SALES))))
    assert bare.check(source) == []
    assert json.dumps(bare.run(source, json.loads(json.dumps(SALES)))) == expected


def test_future_annotations_are_no_import(bare: Any) -> None:
    source = "from __future__ import annotations\ndef process_data(a: X, b: Y, c: Z) -> W:\n    return 1"
    assert bare.run(source) == 1


def test_output_goes_to_standard_output(bare: Any, capsys: pytest.CaptureFixture[str]) -> None:
    bare.run("print('a', 1, sep='-', end='!\\n')\nprint()\nprint(*[1, 2], flush=True)")
    assert capsys.readouterr().out == "a-1!\n\n1 2\n"


def test_utcnow_works_without_a_warning(bare: Any, capsys: pytest.CaptureFixture[str]) -> None:
    import warnings

    with warnings.catch_warnings():
        warnings.resetwarnings()
        warnings.filterwarnings("ignore", category=DeprecationWarning)
        warnings.filterwarnings("default", category=DeprecationWarning, module="__main__")
        year = bare.run("from datetime import datetime\nreturn datetime.utcnow().year")
    assert year >= datetime.datetime.now().year - 1
    assert capsys.readouterr().err == ""


def test_a_source_without_an_entry_is_the_body_of_a_function(bare: Any) -> None:
    assert bare.run("import math\nx = 3\nif x:\n    return '''a\n  b''', math.floor(x / 2)", entry=None) == (
        "a\n  b",
        1,
    )
    assert bare.run("", entry=None) is None
    assert bare.run("# nothing", entry=None) is None


def test_a_source_that_was_compiled_once_is_kept(bare: Any) -> None:
    bare.run("return 1")
    first = next(iter(bare.language._programs.values()))
    bare.run("return 1")
    assert list(bare.language._programs.values()) == [first]
    for number in range(40):
        bare.run(f"return {number}")
    assert len(bare.language._programs) == 16


def test_globals_are_fresh_each_time(bare: Any) -> None:
    source = "seen = []\ndef process_data(a, b, c):\n    seen.append(1)\n    return len(seen)"
    assert [bare.run(source), bare.run(source)] == [1, 1]
