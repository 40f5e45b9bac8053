"""Published ways out of restricted Pythons and of CTF jails that `test_restricted_attacks` does not have, by technique.

Each runs in this process, where only the language stands in its way, and through the jail.
"""

# ruff: noqa: E501 (a program is one line of its table)

import builtins
import sys
from typing import Any

import pytest

from pegboard_sandbox_restricted.facades import FACADES
from pegboard_sandbox_restricted.names import SPECIAL_METHODS

NAME, CALL, MODULE, OTHER = "FORBIDDEN_NAME", "FORBIDDEN_CALL", "FORBIDDEN_MODULE", "UNSUPPORTED"
TRY = "try:\n    1/0\nexcept Exception as e:\n    "
METHOD = "class A(dict):\n    def m(self): return "

REFUSED = {
    # CVE-2023-37271 and CVE-2025-22153 of RestrictedPython, and relatives: frames, exceptions
    "frame of a generator that runs": (
        "def g(): yield x[0].gi_frame\nx = []\nx.append(g())\nreturn next(x[0])",
        NAME,
        "gi_frame",
    ),
    "frame by a nested generator": ("return [f.f_back for f in [(x for x in [1]).gi_frame]]", NAME, "f_back"),
    "last instruction of a frame": ("return data.f_lasti", NAME, "f_lasti"),
    "trace function of a frame": ("data.f_trace = print", NAME, "f_trace"),
    "frame of an awaitable": ("return data.cr_await", NAME, "cr_await"),
    "except* that catches frames": (
        "try:\n    1/0\nexcept* Exception as e:\n    return e.exceptions",
        OTHER,
        "except*",
    ),
    "cause of an exception": (TRY + "return e.__cause__", NAME, "__cause__"),
    "notes of an exception": (TRY + "return e.__notes__", NAME, "__notes__"),
    "traceback by augmented assignment": (TRY + "e.__traceback__ += 1", NAME, "__traceback__"),
    "next traceback": (TRY + "return e.tb_next.tb_frame", NAME, "tb_next"),
    # attributes inside other syntax
    "f-string in an f-string": ("return f'{f\"{data.__class__}\"}'", NAME, "__class__"),
    "f-string that shows its source": ("return f'{data.__class__=}'", NAME, "__class__"),
    "f-string with a conversion": ("return f'{data.__class__!r}'", NAME, "__class__"),
    "lambda in an f-string": ("return f'{(lambda: data.__class__)()}'", NAME, "__class__"),
    "slice": ("return [1][data.__class__:]", NAME, "__class__"),
    "condition of a comprehension": ("return [1 for x in [1] if data.__class__]", NAME, "__class__"),
    "key of a dict": ("return {data.__class__: 1}", NAME, "__class__"),
    "assertion": ("assert data.__class__", NAME, "__class__"),
    "message of an assertion": ("assert 0, data.__class__", NAME, "__class__"),
    "cause that is raised": ("raise ValueError from data.__class__", NAME, "__class__"),
    "kind that is caught": ("try:\n    1/0\nexcept data.__class__:\n    pass", NAME, "__class__"),
    "base of a class": ("class A(data.__class__): pass", NAME, "__class__"),
    "keyword of a class": ("class A(x=data.__class__): pass", NAME, "__class__"),
    "keyword argument": ("return dict(a=data.__class__)", NAME, "__class__"),
    "keyword-only default": ("def f(*, a=data.__class__): pass", NAME, "__class__"),
    "yield": ("def f(): yield data.__class__", NAME, "__class__"),
    "walrus": ("return (x := data.__class__)", NAME, "__class__"),
    "pattern of match": ("match data:\n    case object(__class__=x): pass", OTHER, "match"),
    "value pattern of match": ("match data:\n    case data.__class__: pass", OTHER, "match"),
    "inside of a refused construct": ("async def f(): return data.__class__", NAME, "__class__"),
    # names
    "fullwidth letters of a private attribute": ("return data._ｆoo", NAME, "_foo"),  # noqa: RUF001
    "mathematical letters of a built-in": ("return 𝓮𝔁𝓮𝓬('1')", CALL, "exec"),  # noqa: RUF001
    "ligature in a name": ("return _ﬁeld", NAME, "_field"),
    "long s in a name": ("return __claſs__", NAME, "__class__"),  # noqa: RUF001
    "mangled name": ("class A:\n    def f(self): return self.__x", NAME, "__x"),
    "mangled argument": ("class A:\n    def f(self, __x): return 1", NAME, "__x"),
    "guard by positional argument": ("def f(_getattr_, /): return 1", NAME, "_getattr_"),
    "guard by walrus in a comprehension": ("return [(_base_ := 1) for x in [1]]", NAME, "_base_"),
    "guard by nested target": ("for a, (b, *_exit_) in []: pass", NAME, "_exit_"),
    "guard by augmented assignment": ("_tick_ += 1", NAME, "_tick_"),
    "guard by annotated assignment": ("_resumed_: int = 1", NAME, "_resumed_"),
    "guard by nested context": ("with data as (a, [_write_]): pass", NAME, "_write_"),
    "guard by mapping pattern": ("match data:\n    case {**_write_}: pass", OTHER, "match"),
    "guard by import from": ("from math import pi as _base_", NAME, "_base_"),
    "program's own frame": ("def _program_(): pass", NAME, "_program_"),
    "name of the module": ("return __name__", NAME, "__name__"),
    "specification of the module": ("return __spec__", NAME, "__spec__"),
    "debug flag": ("return __debug__", NAME, "__debug__"),
    # super
    "super's class": (METHOD + "super().__class__", NAME, "__class__"),
    "super's attributes": (METHOD + "super().__getattribute__('x')", NAME, "__getattribute__"),
    "super's constructor": (METHOD + "super().__new__(A)", NAME, "__new__"),
    "super's pickle": (METHOD + "super().__reduce_ex__(2)", NAME, "__reduce_ex__"),
    "super's writer": (METHOD + "super().__setattr__('x', 1)", NAME, "__setattr__"),
    "super's own class": (METHOD + "super().__thisclass__", NAME, "__thisclass__"),
    "super's own object": (METHOD + "super().__self__", NAME, "__self__"),
    "super by another name": ("s = super\n" + METHOD + "s(A, self).__init__", NAME, "__init__"),
    "super's method written": (METHOD + "1\n    def n(self): super().__init__ = 1", NAME, "__init__"),
    "super imported": ("from json import loads as super", NAME, "super"),
    # globals of the guards and of the library
    "globals of a guard": ("return print.__globals__", NAME, "__globals__"),
    "globals of a method": ("return ''.format.__globals__", NAME, "__globals__"),
    "globals of the library": ("import json\nreturn json.loads.__globals__", NAME, "__globals__"),
    "built-ins of a function": ("return process_data.__builtins__", NAME, "__builtins__"),
    "original of a wrapper": ("import statistics\nreturn statistics.mean.__wrapped__", NAME, "__wrapped__"),
    "keyword defaults": ("process_data.__kwdefaults__ = {}", NAME, "__kwdefaults__"),
    "code replaced": ("process_data.__code__ = (lambda: 0).__code__.replace(co_names=('exec',))", NAME, "__code__"),
    "constants of code": ("return data.co_consts", NAME, "co_consts"),
    "object of a bound method": ("return [].append.__self__", NAME, "__self__"),
    "class of a descriptor": ("return str.join.__objclass__", NAME, "__objclass__"),
    "subclasses by a type": ("return object.__subclasses__()", NAME, "__subclasses__"),
    "registry of an abstract class": ("from collections import ChainMap\nreturn ChainMap._abc_impl", NAME, "_abc_impl"),
    # calls of CTF write-ups
    "help": ("return help()", CALL, "help"),
    "licence reader": ("return license()", CALL, "license"),
    "locals": ("locals()['x'] = 1", CALL, "locals"),
    "input": ("return input()", CALL, "input"),
    "identity": ("return id(data)", CALL, "id"),
    "exception group": ("raise ExceptionGroup('', [ValueError()])", NAME, "ExceptionGroup"),
    "generator exit": ("raise GeneratorExit", NAME, "GeneratorExit"),
    "keyboard interrupt": ("raise KeyboardInterrupt", NAME, "KeyboardInterrupt"),
    "getattr of a constant": ("return getattr(data, 'f_globals')", NAME, "f_globals"),
    "setattr of a constant": ("class A: pass\nsetattr(A, '__getattr__', print)", NAME, "__getattr__"),
    "delattr of a constant": ("delattr(data, '__class__')", NAME, "__class__"),
    "hasattr of a constant": ("return hasattr(data, 'gi_frame')", NAME, "gi_frame"),
    "type parameter": (
        "import math\ndef f[T](x): pass" if sys.version_info >= (3, 12) else "nonlocal x",
        OTHER,
        "type parameter" if sys.version_info >= (3, 12) else "nonlocal",
    ),
    "async comprehension": ("return [x async for x in data]", OTHER, "async for"),
    "async context": ("async def f():\n    async with data: pass", OTHER, "async with"),
}

WRITER = "class E(re.error):\n    @classmethod\n    def write(cls, target): super().__init__(target, 'left')\n"

HARMLESS: dict[str, tuple[str, Any]] = {
    # methods of the library that trust their `self`
    "type by Counter.copy": ("from collections import Counter\nclass A: pass\nreturn Counter.copy(A)", TypeError),
    "type by Counter.copy of a built-in class": ("from collections import Counter\nreturn Counter.copy(int)", TypeError),
    "type by a subclass's copy": ("from collections import Counter\nclass C(Counter): pass\nclass A: pass\nreturn C.copy(A)", TypeError),
    "type by super's copy": ("from collections import Counter\nclass C(Counter): pass\nclass A: pass\nreturn super(C, C).copy(A)", TypeError),
    "class by ChainMap.copy": (
        "from collections import ChainMap\nclass N:\n    def copy(self): return 'X'\nclass A:\n"
        "    maps = [N(), (object,), {'x': 1}]\nreturn ChainMap.copy(A).x",
        TypeError,
    ),
    "class by ChainMap.new_child": ("from collections import ChainMap\nclass A: maps = [(object,), {}]\nreturn ChainMap.new_child(A, 'X')", TypeError),
    "class by ChainMap.parents": ("from collections import ChainMap\nclass A: maps = [0, 'X', (object,), {}]\nreturn ChainMap.parents.fget(A)", TypeError),
    "copies that are their own": (
        "from collections import ChainMap, Counter\nclass C(Counter): pass\nc = ChainMap({'a': 1}, {'b': 2})\n"
        "return [Counter('aa').copy(), isinstance(C('a').copy(), C), c.copy()['b'], c.new_child({'a': 3})['a'], 'a' in c.parents]",
        [{"a": 2}, True, 2, 3, False],
    ),
    "attributes of the library by its own exception": ("import json, re\nclass E(re.error): pass\nsuper(E, E).__init__(json.loads, 'left')", AttributeError),
    "attributes of the library by a class method": ("import json, re\n" + WRITER + "E.write(json.loads)", AttributeError),
    "special methods of the base": (
        "class A(dict):\n    def __init__(self, n): super().__init__(n=n)\n    def __getitem__(self, k): return super().__getitem__(k) + 1\n"
        "class B(A):\n    def __init__(self): super(B, self).__init__(1)\nreturn B()['n']",
        2,
    ),
    "tables of re by translate": (
        "import re\nseen = []\nclass S(str):\n    def translate(self, table): seen.append(table)\nreturn [re.escape(S('a.b')), seen]",
        ["a\\.b", []],
    ),
    "flags as an enum by their operators": (
        "import re\nseen = []\nclass F(int):\n    def __rand__(self, other): seen.append(other)\n    def __and__(self, other): seen.append(other)\n"
        "re.compile('a', F(2))\nreturn seen",
        [],
    ),
    "dict of a pattern by comparing": ("import re\nclass T:\n    def __eq__(self, o): o['left'] = 1\np = re.compile('(?P<a>x)')\np.groupindex == T()\nreturn dict(p.groupindex)", {"a": 1}),
    "dict of a pattern by joining": ("import re\nclass T:\n    def __ror__(self, o): o['left'] = 1\np = re.match('(?P<a>x)', 'x').re\np.groupindex | T()\nreturn dict(p.groupindex)", {"a": 1}),
    "pattern's groups written": ("import re\nre.compile('(?P<a>x)').groupindex['left'] = 1", TypeError),
    "virtual subclass": ("from collections import ChainMap\nChainMap.register(float)", AttributeError),
    "virtual subclass of a class of the library": ("import statistics\nseen = []\nclass N(float):\n    def __init__(self, v=0): seen.append(v)\nstatistics.mean([N(1.5), N(2.5)])\ntype(seen[0]).register(float)", (AttributeError, IndexError)),
    "virtual subclass by getattr": ("from collections import ChainMap\ngetattr(ChainMap, 'reg' + 'ister')(float)", AttributeError),
    "one's own register": ("class A:\n    def register(self, x): return x\nreturn A().register(3)", 3),
    # what a call smuggles past the check of its syntax
    "print with a file by a dict": ("print(1, **{'file': data})", TypeError),
    "type with a tuple": ("return type(*('X', (), {}))", TypeError),
    "getattr with a list": ("return getattr(*[1, '__class__'])", AttributeError),
    "getattr by partial names": ("return [getattr(x, n) for x in [1] for n in ['_' '_class_' '_']]", AttributeError),
    "getattr by reversed text": ("return getattr(1, '__ssalc__'[::-1])", AttributeError),
    "getattr of a name that is not normal": ("return getattr(1, '__ｃ' + 'lass__')", AttributeError),  # noqa: RUF001
    "setattr of a hook": ("class A: pass\nsetattr(A, '__getattr__'[:], print)", AttributeError),
    "setattr of a finalizer": ("class A: pass\nsetattr(A, '__del' + '__', print)", AttributeError),
    "delattr of a private name": ("class A: pass\ndelattr(A, '__mod' + 'ule__')", AttributeError),
    "descriptor's own name": ("class D:\n    pass\nsetattr(D, '__set_' + 'name__', print)", AttributeError),
    # str.format by other roads
    "format in one's own __format__": ("class A:\n    def __format__(self, spec): return spec.replace('<', '{').replace('>', '}').format(1)\nreturn f'{A():<0.__class__>}'", AttributeError),
    "format by a property": ("class A:\n    show = property(str.format)\nreturn A().show", TypeError),
    "format by reduce": ("import itertools\nreturn list(itertools.accumulate(['{0.__class__}', 1], str.format))", AttributeError),
    "format by starmap": ("import itertools\nreturn list(itertools.starmap(str.format, [('{0.__class__}', 1)]))", AttributeError),
    "format by the key of max": ("return max(['{.__class__}', 'b'], key=str.format)", (AttributeError, IndexError)),
    "format by re.sub": ("import re\nreturn re.sub('a', '{0.__class__}'.format, 'a')", AttributeError),
    "format by json": ("import json\nreturn json.loads('1.5', parse_float='{0.__class__}'.format)", AttributeError),
    "format by default factory": ("from collections import defaultdict\nreturn defaultdict('{0.__class__}'.format)['x']", (AttributeError, IndexError)),
    "format by iter": ("return list(iter('{0.__class__}'.format, ''))", (AttributeError, IndexError)),
    "format with an index": ("return '{0[0].__class__}'.format([1])", AttributeError),
    "format of a nested attribute": ("class A: pass\na = A()\na.b = 1\nreturn '{0.b.__class__}'.format(a)", AttributeError),
    "format by strftime": ("import datetime\nreturn '{:{x.__class__}}'.format(datetime.datetime(2024, 1, 1), x=1)", AttributeError),
    "template of str.format_map in a lying dict": ("class D(dict):\n    def __missing__(self, k): return 1\nreturn '{a.__class__}'.format_map(D())", AttributeError),
    # exceptions
    "object of a NameError": ("try:\n    nothing\nexcept NameError as e:\n    return [e.name, hasattr(e, 'obj')]", ["nothing", False]),
    "object of a TypeError": ("try:\n    len(1)\nexcept TypeError as e:\n    return [list(e.args), hasattr(e, 'obj')]", [["object of type 'int' has no len()"], False]),
    "value of a StopIteration": ("def g():\n    return 5\n    yield\ntry:\n    next(g())\nexcept StopIteration as e:\n    return e.value", 5),
    "exception with a traceback": ("try:\n    raise ValueError('a')\nexcept ValueError as e:\n    e.with_traceback(1)", TypeError),
    "note on an exception": ("try:\n    raise ValueError('a')\nexcept ValueError as e:\n    e.add_note('n')\n    return str(e)", "a"),
    "exception that the library holds": ("import json\ntry:\n    json.loads('{')\nexcept ValueError as e:\n    return [e.doc, e.pos, hasattr(e, 'obj')]", ["{", 1, False]),
    "generator that is thrown a class": ("def g():\n    try:\n        yield\n    except ValueError as e:\n        yield hasattr(e, '__trace' + 'back__')\nx = g()\nnext(x)\nreturn x.throw(ValueError)", False),
    "context in a generator that closes": ("seen = []\ndef g():\n    try:\n        yield\n    except BaseException as e:\n        seen.append(hasattr(e, 'tb_' + 'frame'))\nx = g()\nnext(x)\nx.close()\nreturn seen", [False]),
    "classes that are caught by a lie": ("class L:\n    def __eq__(self, o): return True\ntry:\n    try:\n        1/0\n    except L(): pass\nexcept TypeError as e:\n    return 'kept'", "kept"),
    # containers and iterators
    "state of an iterator": ("return hasattr(iter([1]), '__set' + 'state__')", False),
    "pickle of an iterator": ("return hasattr(iter([1]), '__red' + 'uce__')", False),
    "dict behind a view": ("d = {'a': 1}\nv = d.keys().mapping\nv['b'] = 1", TypeError),
    "fields of a result": ("import statistics\nr = statistics.linear_regression([1, 2], [3, 4])\nr.slope = 1", (TypeError, AttributeError)),
    "class of a façade is empty": ("import json\nreturn type(json)().loads", AttributeError),
    "request by its class": ("r = type(request)({'path': '/x'})\nr.path = 1", TypeError),
    "slot of a view in a class": ("class A: body = getattr(type(request), 'path')\nreturn A().body", TypeError),
    "alias of a user's class": ("class A(dict): pass\nreturn hasattr(A[int], '__ori' + 'gin__')", False),
    "attribute by an alias": ("return hasattr(list[int], '__ar' + 'gs__')", False),
}  # fmt: skip


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
    if isinstance(expected, (tuple, type)):
        with pytest.raises(expected):
            bare.run(source)
    else:
        assert bare.run(source) == expected


@pytest.mark.anyio
async def test_the_jail_gives_the_same_answers(jailed: Any) -> None:
    assert await jailed.wrong(REFUSED, HARMLESS) == {}


HOOKS = """
    del getattr get set delete set_name slots prepare instancecheck subclasscheck mro_entries class_getitem copy deepcopy
    getstate setstate reduce getnewargs getnewargs_ex dir fspath await aiter anext aenter aexit buffer match_args
    annotations module qualname weakref dict
"""
KINDS = (object, type, int, str, dict, BaseException, type(iter([])))
OTHERS = {f"__{name}__" for name in HOOKS.split()} | {name for kind in KINDS for name in dir(kind) if name[:2] == "__"}


@pytest.mark.parametrize("hook", sorted(OTHERS - SPECIAL_METHODS - {"__name__"}))
def test_a_class_defines_no_hook_of_the_interpreters(hook: str, bare: Any) -> None:
    for source in (f"class A:\n    def {hook}(self, *a): return 1", f"class A:\n    {hook} = 1", f"return data.{hook}"):
        found = [(violation["code"], violation["name"]) for violation in bare.check(source)]
        assert (NAME, hook) in found, source


def test_no_other_module_of_the_standard_library_can_be_imported(bare: Any) -> None:
    modules = sorted({*sys.stdlib_module_names, *sys.modules} - set(FACADES) - {"__future__"})
    assert len(modules) > 250
    for module in modules:
        for source in (
            f"import {module}",
            f"import {module} as x",
            f"from {module} import x",
            f"def f(): import {module}",
        ):
            codes = {violation["code"] for violation in bare.check(source)}
            assert MODULE in codes or NAME in codes or "SYNTAX" in codes, source


def test_each_built_in_that_is_not_offered_is_refused_by_any_road(bare: Any) -> None:
    offered = set(bare.names())
    names = [name for name in dir(builtins) if not name.startswith("_") and name not in offered]
    assert {"eval", "exec", "open", "globals", "vars", "dir", "memoryview", "input", "breakpoint"} <= set(names)
    for name in names:
        for source in (f"return {name}", f"f = {name}\nreturn f()", f"return [{name}][0]", f"def f(x={name}): pass"):
            assert {violation["code"] for violation in bare.check(source)} & {NAME, CALL}, source
        with pytest.raises(Exception, match=name):
            bare.run(f"return {name}")
