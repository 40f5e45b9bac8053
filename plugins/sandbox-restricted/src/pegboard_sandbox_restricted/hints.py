"""What to write instead of what is refused."""

import builtins

from .facades import FACADES
from .guards import OFFERED

MODULES = f"these can be imported: {', '.join(sorted(FACADES))}"

CALLS = {
    "__import__": "write an import statement; " + MODULES,
    "compile": "write the code itself; for patterns use re.compile",
    "delattr": "write del value.name",
    "dir": "use the keys of the data",
    "eval": "write the expression itself; for data use json.loads",
    "exec": "write the code itself",
    "exit": "return from the function",
    "copyright": "leave it out: nobody reads it",
    "credits": "leave it out: nobody reads it",
    "globals": "keep values in a dict of your own",
    "help": "leave it out: nobody reads it",
    "id": "compare with 'is'",
    "input": "take the value from the arguments",
    "license": "leave it out: nobody reads it",
    "locals": "keep values in a dict of your own",
    "open": "return the data: there are no files",
    "quit": "return from the function",
    "vars": "keep values in a dict of your own",
}
"""Why and how, for the built-ins that are not offered; the rest get `OTHER_CALL`."""

OTHER_CALL = "write it without: it is not part of this subset of Python"

ALWAYS_REFUSED = frozenset({"__import__", "compile", "eval", "exec"})
RESERVED = ALWAYS_REFUSED | {"super"}
"""No names of the program's own, so that nobody need ask which one is meant."""

NOT_OFFERED = frozenset(name for name in {*dir(builtins), *CALLS} if not name.startswith("_")) - OFFERED

CONSTRUCTS = {
    "AsyncFor": ("async for", "write for"),
    "AsyncFunctionDef": ("async def", "write def: a program has nothing to wait for"),
    "AsyncWith": ("async with", "write with"),
    "Await": ("await", "leave it out: a program has nothing to wait for"),
    "Interpolation": ("template string", "write an f-string"),
    "Match": ("match", "write if / elif / else"),
    "Nonlocal": ("nonlocal", "keep the value in a dict or list of the outer function, or return it"),
    "TemplateStr": ("template string", "write an f-string"),
    "TryStar": ("except*", "write except"),
    "TypeAlias": ("type statement", "leave it out: annotations are dropped"),
    "TypeVar": ("type parameter", "leave it out: annotations are dropped"),
    "ParamSpec": ("type parameter", "leave it out: annotations are dropped"),
    "TypeVarTuple": ("type parameter", "leave it out: annotations are dropped"),
}
"""Class in `ast` → the construct as its author knows it, and what to write instead."""

ATTRIBUTES = {
    "__class__": "use isinstance(value, kind), or type(value)",
    "__dict__": "use a dict of your own",
    "__doc__": "keep the text in a variable",
    "__init__": "call super().__init__(...) inside a method of a class with a base",
    "mro": "use isinstance(value, kind)",
}

NAMES = {
    "__builtins__": "call the built-in function by its name",
    "__file__": "leave it out: a program has no file",
    "__name__": "leave it out: the entry function is called for you",
}


def for_name(name: str) -> str:
    """Instead of a variable with a leading underscore."""
    return NAMES.get(name) or without_underscore(name, "names that start with an underscore belong to the sandbox")


def for_attribute(name: str) -> str:
    """Instead of an attribute that no program may read."""
    return ATTRIBUTES.get(name) or without_underscore(name, "the inside of objects is not shown")


def for_method(name: str) -> str:
    """Instead of a special method that no class may define."""
    if name == "__new__":
        return "define __init__"
    if name.startswith("__"):
        return "give the method an ordinary name and call it"
    return for_name(name)


def without_underscore(name: str, otherwise: str) -> str:
    bare = name.strip("_")
    dunder = name.startswith("__") and name.endswith("__")
    return f"write {bare!r} without the underscore" if bare and name != bare and not dunder else otherwise
