"""What the interpreter has, what it lacks, and what to write instead. Tests hold each table against it."""

from __future__ import annotations

import builtins

MODULES = (  # noqa: SIM905
    "asyncio base64 binascii bisect collections copy csv dataclasses datetime decimal functools hashlib itertools json "
    "math random re sys time tomllib typing unicodedata"
).split()
"""What may be imported: all that the interpreter has, but for what speaks of files and the environment."""

IMPORTABLE = f"these can be imported: {', '.join(sorted(MODULES))}"

CALLS = {
    "__import__": f"write an import statement; {IMPORTABLE}",
    "bytearray": "use bytes, or a list of numbers",
    "callable": "know what you call, or use try and TypeError",
    "classmethod": "write a function outside the class",
    "compile": "write the code itself; for patterns use re.compile",
    "delattr": "set the attribute to None",
    "dir": "use the keys of the data",
    "eval": "write the expression itself; for data use json.loads",
    "exec": "write the code itself",
    "exit": "return from the function",
    "globals": "keep values in a dict of your own",
    "input": "take the value from the arguments",
    "issubclass": "compare the classes with 'is'",
    "memoryview": "use slices of bytes",
    "open": "return the data: there are no files",
    "quit": "return from the function",
    "staticmethod": "write a function outside the class",
    "super": "call the function itself: classes have no bases",
    "vars": "keep values in a dict of your own",
}

ALWAYS_REFUSED = frozenset({"__import__", "compile", "eval", "exec", "open"})
"""Also as names of a program's own: what it runs must be there to be read, and nobody need ask which is meant."""

OTHER_CALL = "write it without: the interpreter does not have it"
OTHER_EXCEPTION = "use an exception that is there, such as ValueError, LookupError, RuntimeError or OSError"

CONSTRUCTS = {
    "AsyncFor": ("async for", "write for"),
    "AsyncWith": ("async with", "write with"),
    "Delete": ("del", "write data.pop(key), or give the name another value"),
    "Interpolation": ("template string", "write an f-string"),
    "TemplateStr": ("template string", "write an f-string"),
    "TryStar": ("except*", "write except"),
    "TypeAlias": ("type statement", "leave it out"),
    "Yield": ("yield", "put the values into a list and return it"),
    "YieldFrom": ("yield from", "put the values into a list and return it"),
}
"""Class in `ast` → the construct as its author knows it, and what to write instead."""

OPERATORS = "add sub mul truediv floordiv mod divmod pow matmul lshift rshift and or xor".split()  # noqa: SIM905
OTHER_METHODS = (  # noqa: SIM905
    "init post_init eq hash repr str iter next contains getitem setitem call enter exit index int float round abs "
    "trunc floor ceil neg pos invert"
).split()
SPECIAL_METHODS = frozenset(
    f"__{name}__" for name in (*OTHER_METHODS, *OPERATORS, *(f"r{operator}" for operator in OPERATORS))
)
"""The special methods of a program's classes that the interpreter calls; it passes over others, mostly in silence."""

SHOWN = SPECIAL_METHODS | {"__class__", "__name__", "__doc__", "__annotations__", "__match_args__"}
"""The attributes with underscores around them that something has."""

INSIDES = ("gi_", "cr_", "ag_", "tb_", "f_back", "f_builtins", "f_code", "f_globals", "f_locals", "f_trace")
"""How attributes begin that lead to frames elsewhere."""

METHODS = {
    "translate": "use replace, or ''.join(...) over the characters",
    "maketrans": "use a dict",
    "format_map": "write format(**values)",
    "as_integer_ratio": "use decimal",
    "bit_count": "use bin(value).count('1')",
    "bit_length": "use len(bin(value)) - 2",
    "from_bytes": "use int(data.hex(), 16)",
    "is_integer": "write value % 1 == 0",
    "to_bytes": "use bytes.fromhex(f'{value:02x}')",
    "difference_update": "write values -= other",
    "intersection_update": "write values &= other",
    "symmetric_difference_update": "write values ^= other",
    "with_traceback": "leave it out: exceptions have no traceback",
    "add_note": "put it into the message",
}
"""Methods of Python's own types that nothing here has."""

TYPES = frozenset({"bytes", "dict", "float", "frozenset", "int", "list", "set", "str", "tuple"})
"""Types whose methods are there for their values only: no ``key=str.lower``."""

OF_TYPES = SHOWN | {"dict.fromkeys", "bytes.fromhex"}
"""What such a type has all the same."""

KEYWORDS = {
    ("json", "dumps"): frozenset({"check_circular", "cls", "default"}),
    ("json", "loads"): frozenset({"cls", "object_hook", "object_pairs_hook", "parse_constant", "strict"}),
}
"""Parameters that functions of modules lack."""

EXCEPTIONS = frozenset(
    name for name, kind in vars(builtins).items() if isinstance(kind, type) and issubclass(kind, BaseException)
)


def is_special(name: str) -> bool:
    return name.startswith("__") and name.endswith("__")


def for_builtin(name: str) -> str:
    return CALLS.get(name) or (OTHER_EXCEPTION if name in EXCEPTIONS else OTHER_CALL)


def for_special_method(name: str) -> str:
    if name == "__ne__":
        return "define __eq__: != is its opposite"
    if name in ("__lt__", "__le__", "__gt__", "__ge__"):
        return "compare what you sort by: sorted(values, key=lambda value: value.amount)"
    return "give the method an ordinary name and call it"
