"""Ways out of the language that are known from elsewhere, or were thought of here: refused, or harmless.

Each runs twice: in this process, where only the language stands in its way, and through the jail.
"""

# ruff: noqa: E501 (a program is one line of its table)

from typing import Any

import pytest

NAME, CALL, MODULE = "FORBIDDEN_NAME", "FORBIDDEN_CALL", "FORBIDDEN_MODULE"

REFUSED = {
    # attributes that lead to classes, frames, code
    "class of a value": ("return ().__class__.__bases__[0].__subclasses__()", NAME, "__class__"),
    "bases by mro": ("return int.mro()[-1]", NAME, "mro"),
    "function globals": ("return process_data.__globals__", NAME, "__globals__"),
    "function code": ("return (lambda: 0).__code__", NAME, "__code__"),
    "function closure": ("return (lambda: data).__closure__", NAME, "__closure__"),
    "function defaults": ("return process_data.__defaults__", NAME, "__defaults__"),
    "method's function": ("return user.json.__func__", NAME, "__func__"),
    "module of a built-in": ("return len.__self__", NAME, "__self__"),
    "module dictionary": ("import json\nreturn json.__dict__", NAME, "__dict__"),
    "module loader": ("import json\nreturn json.__loader__", NAME, "__loader__"),
    "generator frame": ("g = (x for x in [1])\nreturn g.gi_frame.f_back", NAME, "gi_frame"),
    "generator code": ("g = (x for x in [1])\nreturn g.gi_code", NAME, "gi_code"),
    "generator delegate": ("def g(): yield from [1]\nreturn g().gi_yieldfrom", NAME, "gi_yieldfrom"),
    "coroutine frame": ("return data.cr_frame", NAME, "cr_frame"),
    "async generator frame": ("return data.ag_frame", NAME, "ag_frame"),
    "exception traceback": ("try:\n    1/0\nexcept Exception as e:\n    return e.__traceback__", NAME, "__traceback__"),
    "traceback frame": ("return data.tb_frame.f_globals", NAME, "tb_frame"),
    "frame globals": ("return data.f_globals", NAME, "f_globals"),
    "frame builtins": ("return data.f_builtins", NAME, "f_builtins"),
    "exception context": ("try:\n    1/0\nexcept Exception as e:\n    return e.__context__", NAME, "__context__"),
    "attribute in an f-string": ("return f'{data.__class__}'", NAME, "__class__"),
    "attribute in a format spec": ("return f'{1:{data.__class__}}'", NAME, "__class__"),
    "attribute in a lambda default": ("return (lambda a=data.__class__: a)()", NAME, "__class__"),
    "attribute in a decorator": ("@data.__class__\ndef f(): pass", NAME, "__class__"),
    "attribute in a default": ("def f(a=data.__class__): pass", NAME, "__class__"),
    "attribute as a loop target": ("for data.__class__ in [1]: pass", NAME, "__class__"),
    "attribute as a comprehension target": ("return [1 for data.__class__ in [1]]", NAME, "__class__"),
    "attribute as a with target": ("with data as data.__class__: pass", NAME, "__class__"),
    "attribute in a starred target": ("a, *data.__dict__ = [1, 2]", NAME, "__dict__"),
    "attribute assigned": ("data.__class__ = dict", NAME, "__class__"),
    "attribute deleted": ("del data.__class__", NAME, "__class__"),
    "attribute updated": ("data.__dict__ |= {}", NAME, "__dict__"),
    "annotated attribute": ("data.__class__: int = 1", NAME, "__class__"),
    "unicode attribute": ("return data.__ｃlass__", NAME, "__class__"),  # noqa: RUF001
    "unicode name": ("return _ｇetattr_", NAME, "_getattr_"),  # noqa: RUF001
    "unicode built-in": ("return ｅval('1')", CALL, "eval"),  # noqa: RUF001
    "named getattr": ("return getattr(data, '__class__')", NAME, "__class__"),
    "str.format by augmented assignment": ("data.format += 1", NAME, "format"),
    # the guards' own names
    "guard read": ("return _getattr_", NAME, "_getattr_"),
    "guard defined": ("def _getattr_(a, b): return a", NAME, "_getattr_"),
    "guard imported": ("from json import loads as _getattr_", NAME, "_getattr_"),
    "guard as a module": ("import json as _getattr_", NAME, "_getattr_"),
    "guard as an argument": ("def f(_getattr_): return _getattr_", NAME, "_getattr_"),
    "guard as a star argument": ("def f(*_write_): pass", NAME, "_write_"),
    "guard as a keyword-only argument": ("def f(*, _write_=1): pass", NAME, "_write_"),
    "guard as a lambda argument": ("return lambda _write_: 1", NAME, "_write_"),
    "guard as an exception": ("try:\n    1/0\nexcept Exception as _getattr_:\n    pass", NAME, "_getattr_"),
    "guard as a context": ("with data as _getattr_: pass", NAME, "_getattr_"),
    "guard as a global": ("global _getattr_\nreturn 1", NAME, "_getattr_"),
    "guard by walrus": ("return (_tick_ := print)", NAME, "_tick_"),
    "guard by comprehension": ("return [1 for _tick_ in [1]]", NAME, "_tick_"),
    "guard as a class": ("class _getattr_: pass", NAME, "_getattr_"),
    "guard in a class body": ("class A:\n    _write_ = 1", NAME, "_write_"),
    "guard unpacked": ("a, _write_ = 1, 2", NAME, "_write_"),
    "guard deleted": ("del _getattr_", NAME, "_getattr_"),
    "counter called": ("_recount_()", NAME, "_recount_"),
    "façade's variable": ("return _module_json", NAME, "_module_json"),
    "built-ins": ("return __builtins__", NAME, "__builtins__"),
    "builder of classes": ("return __build_class__", NAME, "__build_class__"),
    "loader": ("return __loader__", NAME, "__loader__"),
    "super replaced": ("super = lambda: data\nreturn super().__init__", NAME, "super"),
    # classes
    "metaclass": ("class A(metaclass=type): pass", "UNSUPPORTED", "metaclass"),
    "class keyword": ("class A(**{'metaclass': int}): pass", "UNSUPPORTED", "**"),
    "attribute hook": ("class A:\n    def __getattribute__(self, n): return 1", NAME, "__getattribute__"),
    "missing attribute hook": ("class A:\n    def __getattr__(self, n): return 1", NAME, "__getattr__"),
    "descriptor": ("class A:\n    def __get__(self, a, b): return a", NAME, "__get__"),
    "subclass hook": ("class A:\n    def __init_subclass__(cls): pass", NAME, "__init_subclass__"),
    "finalizer": ("class A:\n    def __del__(self): pass", NAME, "__del__"),
    "pickle hook": ("class A:\n    def __reduce__(self): return (print, ())", NAME, "__reduce__"),
    "constructor": ("class A:\n    def __new__(cls): return cls", NAME, "__new__"),
    "class subscript": ("class A:\n    def __class_getitem__(cls, k): return k", NAME, "__class_getitem__"),
    "buffer": ("class A:\n    def __buffer__(self, f): pass", NAME, "__buffer__"),
    "special method outside a class": ("def __init__(): pass", NAME, "__init__"),
    "special method by assignment": ("class A:\n    __exit__ = print", NAME, "__exit__"),
    "special method by lambda argument": ("class A:\n    x = lambda __exit__: 1", NAME, "__exit__"),
    "slots": ("class A:\n    __slots__ = ('__dict__',)", NAME, "__slots__"),
    "type with three arguments": ("return type('X', (object,), {'__del__': print})", CALL, "type"),
    # calls and modules
    "eval": ("return eval('1')", CALL, "eval"),
    "eval by another name": ("run = eval\nreturn run('1')", CALL, "eval"),
    "eval hidden by an argument": ("def f(eval): return eval", NAME, "eval"),
    "exec": ("exec('import os')", CALL, "exec"),
    "compile": ("return compile('1', '', 'eval')", CALL, "compile"),
    "__import__": ("return __import__('os')", CALL, "__import__"),
    "open": ("return open('/etc/passwd').read()", CALL, "open"),
    "globals": ("return globals()", CALL, "globals"),
    "vars": ("return vars()", CALL, "vars"),
    "dir": ("return dir(data)", CALL, "dir"),
    "memoryview": ("return memoryview(b'').obj", CALL, "memoryview"),
    "breakpoint": ("breakpoint()", CALL, "breakpoint"),
    "print to a file": ("print(1, file=data)", CALL, "print"),
    "exit": ("raise SystemExit(0)", NAME, "SystemExit"),
    "import os": ("import os", MODULE, "os"),
    "import of a submodule": ("import collections.abc", MODULE, "collections.abc"),
    "import from a submodule": ("from json.decoder import scanstring", MODULE, "json.decoder"),
    "relative import": ("from . import x", MODULE, "."),
    "import from above": ("from ..json import x", MODULE, "..json"),
    "import sys as json": ("import sys as json", MODULE, "sys"),
    "star import": ("from json import *", "UNSUPPORTED", "import *"),
    # modules that the allowed ones would hand out
    "statistics.sys": ("import statistics\nreturn statistics.sys", NAME, "statistics.sys"),
    "json.codecs": ("import json\nreturn json.codecs.open", NAME, "json.codecs"),
    "re.enum": ("import re\nreturn re.enum.sys", NAME, "re.enum"),
    "typing.contextlib": ("import typing\nreturn typing.contextlib.os", NAME, "typing.contextlib"),
    "datetime.sys": ("import datetime\nreturn datetime.sys", NAME, "datetime.sys"),
    "from json import codecs": ("from json import codecs", NAME, "json.codecs"),
    "from json import decoder": ("from json import decoder", NAME, "json.decoder"),
    "typing.get_type_hints": ("from typing import get_type_hints", NAME, "typing.get_type_hints"),
    "typing.operator": ("import typing\nreturn typing.operator.attrgetter", NAME, "typing.operator"),
    "collections.UserString": ("from collections import UserString", NAME, "collections.UserString"),
    "collections.abc": ("import collections\nreturn collections.abc", NAME, "collections.abc"),
    "statistics.NormalDist": ("from statistics import NormalDist", NAME, "statistics.NormalDist"),
    "json.JSONEncoder": ("from json import JSONEncoder", NAME, "json.JSONEncoder"),
    "re.Scanner": ("import re\nreturn re.Scanner", NAME, "re.Scanner"),
    # constructs
    "match class pattern": ("match data:\n    case dict(__class__=c): return c", "UNSUPPORTED", "match"),
    "async def": ("async def f(): pass", "UNSUPPORTED", "async def"),
    "async generator expression": ("return (x async for x in data)", "UNSUPPORTED", "async for"),
    "await": ("async def f(): await data", "UNSUPPORTED", "await"),
    "except*": ("try:\n    pass\nexcept* ValueError:\n    pass", "UNSUPPORTED", "except*"),
    "nonlocal": ("x = 1\ndef f():\n    nonlocal x", "UNSUPPORTED", "nonlocal"),
}

STOLEN = "class S(str): pass\nclass Thief:\n    def __radd__(self, other): return other('{0.__class__}', 1)\n"
HIDDEN = "class Name(str):\n    def startswith(self, *a): return False\n    def __eq__(self, o): return False\n    def __hash__(self): return 7\n"

HARMLESS: dict[str, tuple[str, Any]] = {
    # (source, what comes out: a value, or the type of exception)
    "format with attributes": ("return '{0.__class__}'.format(1)", AttributeError),
    "format by key": ("return '{x.__class__}'.format(x=1)", AttributeError),
    "format in a format spec": ("return '{:{0.__class__}}'.format(1)", AttributeError),
    "format_map": ("return '{x.__class__}'.format_map({'x': 1})", AttributeError),
    "format of the class": ("return str.format('{0.__class__}', 1)", AttributeError),
    "format_map of the class": ("return str.format_map('{x.__class__}', {'x': 1})", AttributeError),
    "format mapped": ("return list(map(str.format, ['{0.__class__}'], [1]))", AttributeError),
    "format sorted": ("return sorted(['{.__class__}', '{}'], key=str.format)", AttributeError),
    "format by getattr": ("return getattr('{0.__class__}', 'format')(1)", AttributeError),
    "format by getattr with default": ("return getattr('{0.__class__}', 'format', 1)(1)", AttributeError),
    "format of a subclass": ("class S(str): pass\nreturn S('{0.__class__}').format(1)", AttributeError),
    "format by super": (
        "class S(str):\n    def show(self, v): return super().format(v)\nreturn S('{0.__class__}').show(1)",
        AttributeError,
    ),
    "format by super with arguments": (
        "class S(str): pass\nreturn super(S, S('{0.__class__}')).format(1)",
        AttributeError,
    ),
    "format by a generic alias": ("return type(list[int])('{0.__class__}', int).format(1)", TypeError),
    "format in a subclass that lies": (
        "class S(str):\n    def __contains__(self, x): return False\nreturn S('{0.__class__}').format(1)",
        AttributeError,
    ),
    "format of frames": ("g = (x for x in [1])\nreturn '{0.gi_frame}'.format(g)", AttributeError),
    "format as a class attribute": (
        "class A:\n    show = str.format\nreturn A.show('{0.__class__}', 1)",
        AttributeError,
    ),
    "format as a static method": (
        "class A:\n    show = staticmethod(str.format)\nreturn A().show('{0.__class__}', 1)",
        AttributeError,
    ),
    "format in a format field": ("return '{0.format.__self__}'.format('x')", AttributeError),
    "format field of an item": ("return '{0[x].__class__}'.format({'x': 1})", AttributeError),
    "format without a number": ("return '{.__class__}'.format(1)", AttributeError),
    "format that is broken": ("return '{0.__class__'.format(1)", ValueError),
    "format in a broken field": ("return '{0.a.}'.format(1)", (ValueError, AttributeError)),
    "format of an exception's object": (
        "try:\n    {}.nope\nexcept AttributeError as e:\n    return '{0.obj}'.format(e)",
        AttributeError,
    ),
    "percent with a mapping": ("return '%(__class__)s' % {'__class__': 1}", "1"),
    "percent of a lying mapping": (
        "class D(dict):\n    def __missing__(self, k): return k\nreturn '%(__class__)s' % D()",
        "__class__",
    ),
    "getattr with a built name": ("return getattr(1, '__cl' + 'ass__')", AttributeError),
    "getattr with a default": ("return getattr(1, '__cl' + 'ass__', 'none')", AttributeError),
    "getattr sorted": ("return sorted([1], key=lambda x: getattr(x, '_' + '_class__'))", AttributeError),
    "getattr mapped": ("return list(map(getattr, [1], ['__class__']))", AttributeError),
    "getattr as a key": (
        "import itertools\nreturn list(itertools.starmap(getattr, [(1, '__class__')]))",
        AttributeError,
    ),
    "getattr with a lying name": (HIDDEN + "return getattr(1, Name('__class__'))", TypeError),
    "getattr of a frame": ("return getattr((x for x in [1]), 'gi_' + 'frame')", AttributeError),
    "getattr of mro": ("return getattr(int, 'm' + 'ro')", AttributeError),
    "hasattr": ("return hasattr(1, '__cl' + 'ass__')", False),
    "setattr": ("class A: pass\na = A()\nsetattr(a, '__cl' + 'ass__', dict)", AttributeError),
    "setattr with a lying name": (HIDDEN + "class A: pass\nsetattr(A(), Name('__class__'), dict)", TypeError),
    "setattr on a class of the library": ("from collections import Counter\nsetattr(Counter, 'update', 1)", TypeError),
    "attribute of a class of the library": ("from collections import Counter\nCounter.update = 1", TypeError),
    "attribute of a built-in": ("len.x = 1", TypeError),
    "attribute of a façade": ("import json\njson.loads = 1", TypeError),
    "attribute of a façade's class": ("import json\ntype(json).loads = 1", TypeError),
    "attribute of a function": ("import statistics\nstatistics.mean.x = 1", TypeError),
    "attribute of the request": ("request.path = '/'", TypeError),
    "attribute of the user": ("user.id = 'root'", TypeError),
    "delattr of a façade": ("import math\ndel math.pi", TypeError),
    "attribute of an exception": ("class E(Exception): pass\nE.args = 1\nException.args = 1", TypeError),
    "private slot of the user": ("return getattr(user, '_mem' + 'bers')", AttributeError),
    "body of the request": ("return getattr(request, '_bo' + 'dy')", AttributeError),
    "class of a class": ("return type(int)('X', (), {})", TypeError),
    "class of a class by a helper": ("t = type\nreturn t(t(1))", TypeError),
    "class of an abstract class": ("from collections import ChainMap\nreturn type(ChainMap)", TypeError),
    "type renamed with three arguments": ("t = type\nreturn t('X', (), {})", TypeError),
    "object of one's AttributeError": (
        "try:\n    {}.nope\nexcept AttributeError as e:\n    return repr(e.obj)",
        AttributeError,
    ),
    "object of AttributeError by super": (
        "class E(AttributeError):\n    def steal(self): return super().obj\nreturn E().steal()",
        AttributeError,
    ),
    "traceback in __exit__": (
        "class C:\n    def __enter__(self): return self\n    def __exit__(self, kind, error, trace):\n"
        "        self.trace = trace\n        return True\nc = C()\nwith c:\n    1/0\nreturn c.trace",
        None,
    ),
    "traceback in decorated __exit__": (
        "seen = []\ndef spy(f):\n    def g(*a):\n        seen.append(a[3])\n        return f(*a)\n    return g\n"
        "class C:\n    def __enter__(self): return self\n    @spy\n    def __exit__(self, *a): return True\n"
        "with C():\n    1/0\nreturn seen",
        [None],
    ),
    "traceback thrown": (
        "try:\n    1/0\nexcept Exception as e:\n    return repr(e.with_traceback(None))",
        "ZeroDivisionError('division by zero')",
    ),
    "exception thrown into a generator": (
        "def g():\n    try:\n        yield 1\n    except ValueError as e:\n        yield str(e)\nx = g()\nnext(x)\nreturn x.throw(ValueError('v'))",
        "v",
    ),
    "getattr replaced": ("getattr = lambda a, b: a\nreturn getattr(1, 'x')", 1),
    "getattr replaced globally": (
        "def getattr(a, b): return 'mine'\ndef process_data(a, b, c): return '{0.real}'.format(1) + getattr(1, 'x')",
        "1mine",
    ),
    "built-in of another name": ("open = 1\ndef f(): return open\nreturn f()", 1),
    "forbidden built-in that is bound elsewhere": ("def f(open): pass\nreturn open('/etc/passwd')", NameError),
    "walrus over a built-in": ("return [len := 3, len][1]", 3),
    "alias that writes to what it calls": (
        "import collections\nreturn type(list[int])(lambda: collections.Counter, int)()",
        TypeError,
    ),
    "class of a function": ("return type(process_data)", TypeError),
    "class of a method": ("class A:\n    def m(self): pass\nreturn type(A().m)", TypeError),
    "fraction that the library hands to a class": (
        "import statistics\nseen = []\nclass N(float):\n    def __init__(self, value=0): seen.append(value)\n"
        "statistics.mean([N(1.5), N(2.5)])\nreturn [hasattr(x, '__mo' + 'dule__') for x in seen][:1]",
        [False],
    ),
    "base that is no class": ("class A(data): pass", TypeError),
    "base that is a lying object": (
        "class L:\n    def __eq__(self, o): return True\n    def __hash__(self): return hash(L)\nclass A(L()): pass",
        TypeError,
    ),
    "base from the library": ("import datetime\nclass A(datetime.tzinfo): pass", TypeError),
    "base that is a façade's class": ("import json\nclass A(type(json)): pass", TypeError),
    "base that is a function's class": ("class A(type(len)): pass", TypeError),
    "base that is a property": ("class A(property): pass", TypeError),
    "base that is an alias": ("class A(list[int]): pass", TypeError),
    "constructor of functions": ("return type(lambda: 0)(1, {})", TypeError),
    "namedtuple of hostile names": (
        "from collections import namedtuple\nclass N(str):\n    def isidentifier(self): return True\n"
        "return namedtuple('P', [N('x=print(1)')])",
        ValueError,
    ),
    "namedtuple with a hostile name": (
        "from collections import namedtuple\nclass N(str):\n    def isidentifier(self): return True\nreturn namedtuple(N('a b'), 'x')",
        ValueError,
    ),
    "namedtuple that is private": (
        "from collections import namedtuple\nreturn namedtuple('P', '_x __class__')",
        ValueError,
    ),
    "namedtuple with a module": (
        "from collections import namedtuple\nreturn namedtuple('P', 'x', module='os')",
        TypeError,
    ),
    "namedtuple's names on others": ("return getattr(user, '_as' + 'dict')", AttributeError),
    "typing called": ("from typing import NamedTuple\nreturn NamedTuple('P', [('x', int)])", TypeError),
    "typing subclassed": ("from typing import Generic\nclass A(Generic): pass", TypeError),
    "name of a class": ("return type(1).__name__", "int"),
    "name of an object": ("class A:\n    pass\nreturn A().__name__", AttributeError),
    "hook of json": ("import json\nreturn json.loads('{\"a\": 1}', object_hook=type).__name__", "dict"),
    "decoder class of json": (
        "import json\nclass D:\n    def __init__(self, **k): pass\n    def decode(self, s): return [s]\nreturn json.loads('1', cls=D)",
        ["1"],
    ),
    "print that is not JSON": ("print(print)\nreturn 1", 1),
    "sleep": ("import time\ntime.sleep(1e9)", ValueError),
    "sleep for no number": ("import time\ntime.sleep(float('nan'))", ValueError),
    "entry deleted": ("def process_data(a, b, c): pass\ndel process_data", NameError),
    "keyword with a guard's name": ("return dict(_getattr_=1)", {"_getattr_": 1}),
    "string annotation": ("x: '__import__(\"os\")' = 1\nreturn x", 1),
    "annotation": ("def f(a: data.__class__ = 1) -> data.__class__: return a\nreturn f()", 1),
}


@pytest.mark.parametrize("attack", REFUSED)
def test_the_policy_refuses(attack: str, bare: Any) -> None:
    source, code, name = REFUSED[attack]
    found = bare.check(source)
    assert (code, name) in [(violation["code"], violation["name"]) for violation in found]
    with pytest.raises(Exception, match=code):
        bare.run(source)


@pytest.mark.parametrize("attack", HARMLESS)
def test_the_guards_keep(attack: str, bare: Any) -> None:
    source, expected = HARMLESS[attack]
    assert bare.check(source) == []
    if is_exception(expected):
        with pytest.raises(expected):
            bare.run(source)
    else:
        assert bare.run(source) == expected


def test_the_theft_of_str_format_by_augmented_assignment_is_refused(bare: Any) -> None:
    found = bare.check(STOLEN + "s = S('{0.__class__}')\ns.format += Thief()")
    assert [(violation["code"], violation["name"]) for violation in found] == [(NAME, "format")]


@pytest.mark.anyio
async def test_the_jail_gives_the_same_answers(jailed: Any) -> None:
    assert await jailed.wrong(REFUSED, HARMLESS) == {}


def is_exception(expected: Any) -> bool:
    return isinstance(expected, tuple) or (isinstance(expected, type) and issubclass(expected, Exception))
