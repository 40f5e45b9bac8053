"""What stands between a program and the interpreter while it runs: attributes, writes, classes, built-ins.

The policy emits plain Python wherever no guard is needed; each short cut says here why it is safe.

- *Subscripts, iteration and unpacking* are plain. They run the methods of the object's type, and neither a module's
  nor a frame's dictionary, nor any container that programs share, can be reached (a test walks the whole graph).
- *Reading an attribute* by a constant name is plain: `names.is_refused_attribute` decides by the name alone, when
  the program is compiled. The few names for which the object matters are calls of `guarded_getattr`.
- *Operators and augmented assignment* are plain: they run methods of the operands, which are built in or the
  program's own.
- *Writing an attribute* asks at run time: only what the program's own classes made may be changed, since the classes
  of the standard library outlive the call.
"""

import builtins
from abc import ABCMeta
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable
from types import (
    BuiltinFunctionType,
    BuiltinMethodType,
    FunctionType,
    GenericAlias,
    MappingProxyType,
    MethodType,
    UnionType,
)
from typing import Any

from .formatting import format_text, format_text_map
from .names import GUARDED_ATTRIBUTES, NAMEDTUPLE_ATTRIBUTES, REFUSED_ATTRIBUTES, is_private

NAMED = (type, FunctionType, MethodType, BuiltinFunctionType)
PLAIN_BASES = frozenset(
    {object, dict, list, tuple, set, frozenset, str, int, float, Counter, OrderedDict, defaultdict, deque}
)
UNAVAILABLE = frozenset({FunctionType, GenericAlias, MethodType, UnionType})
MISSING = object()


def check_readable(value: Any, name: str) -> None:
    """Raise AttributeError where a program may not read `name` from `value`, TypeError for a name of another type.

    The type must be str itself: a subclass could answer one thing here and another in ``getattr``.
    """
    if type(name) is not str:
        raise TypeError("attribute name must be a plain string")
    if name in GUARDED_ATTRIBUTES:
        refused = not guarded_attribute_fits(value, name)
    else:
        refused = is_private(name) or name in REFUSED_ATTRIBUTES
    if refused:
        raise AttributeError(f"attribute {name!r} is not available here")


def guarded_attribute_fits(value: Any, name: str) -> bool:
    """Whether a name that is safe on some objects only is safe on this one."""
    if name in NAMEDTUPLE_ATTRIBUTES:
        return isinstance(value, tuple) or (isinstance(value, type) and issubclass(value, tuple))
    if name == "__name__":
        return isinstance(value, NAMED)
    if name == "register":
        return not isinstance(value, ABCMeta)
    return name != "obj" or not isinstance(value, (BaseException, super))


def guarded_getattr(value: Any, name: str, default: Any = MISSING, /) -> Any:
    """``getattr`` for programs. A refused name is an AttributeError, whatever the default."""
    check_readable(value, name)
    found = getattr(value, name) if default is MISSING else getattr(value, name, default)
    twin = TWINS.get(name)
    return twin(found) if twin is not None else found


def guarded_method(found: Any) -> Any:
    """`found`, or its safe twin where it is ``str.format`` or ``str.format_map``.

    It goes by what was found, not by where: ``super().format`` is the method of a string, though it is read from
    something that is none.
    """
    if found is str.format:
        return format_text
    if found is str.format_map:
        return format_text_map
    if type(found) is not BuiltinMethodType or not isinstance(found.__self__, str):
        return found
    return bound_format(found.__self__, found.__name__)


def bound_format(text: str, name: str) -> Callable[..., str]:
    if name == "format":
        return lambda *args, **kwargs: format_text(text, *args, **kwargs)
    return lambda mapping: format_text_map(text, mapping)


def private_mapping(found: Any) -> Any:
    """A copy of a read-only mapping: an operator may hand the dict behind it to a program's own method."""
    return MappingProxyType(dict(found)) if type(found) is MappingProxyType else found


TWINS = {"format": guarded_method, "format_map": guarded_method, "groupindex": private_mapping}
"""What a program gets in place of what it reads by these names."""


def method_of_base(base: Any, name: str, /) -> Any:
    """``super().__init__`` and other special methods. AttributeError where `base` stands for no object but a class.

    A function of the library's, not bound, writes to whatever it is handed: ``re.error.__init__`` to any object.
    """
    found = getattr(base, name)
    if isinstance(found, FunctionType):
        raise AttributeError(f"super().{name} is available in methods of objects only")
    return found


def guarded_hasattr(value: Any, name: str, /) -> bool:
    """``hasattr`` for programs: a refused name is not there."""
    try:
        guarded_getattr(value, name)
    except AttributeError:
        return False
    return True


def guarded_type(value: Any, /) -> type:
    """``type(value)``, but for classes that make what no program should.

    The class of a class makes classes past the policy; calling an alias of a function (``type(list[int])``) writes an
    attribute to whatever the function returns; functions are made of code.
    """
    kind = type(value)
    if issubclass(kind, type) or kind in UNAVAILABLE:
        raise TypeError(f"type() of a {kind.__name__} is not available here")
    return kind


def guarded_print(*values: Any, sep: str | None = " ", end: str | None = "\n", flush: bool = False) -> None:
    """``print`` to standard output, and nowhere else."""
    print(*values, sep=sep, end=end, flush=flush)


def guarded_exit(method: Callable[..., Any]) -> Callable[..., Any]:
    """A program's ``__exit__``, which gets None in place of the traceback."""

    def leave(self: Any, kind: Any, error: Any, traceback: Any) -> Any:
        return method(self, kind, error, None)

    return leave


def import_for_the_interpreter(name: str, *rest: Any) -> None:
    """What ``__import__`` is while a program runs; no program can say that name.

    C code calls it (``strptime`` imports ``_strptime``) and then looks in ``sys.modules`` itself, so that nothing
    need be returned. A program's own imports are assignments from façades.
    """


class Ownership:
    """The classes that one run of a program made: their instances, and they, may be written to."""

    def __init__(self) -> None:
        self.classes: set[type] = set()

    def build_class(self, body: Callable[..., Any], name: str, /, *bases: Any, **keywords: Any) -> type:
        """``__build_class__`` with bases that are the program's own, exceptions or plain containers.

        Raises TypeError for any other base and for keywords.
        """
        if keywords:
            raise TypeError(f"class {name}: keywords such as {next(iter(keywords))!r} are not available here")
        for base in bases:
            if not isinstance(base, type) or not (base in self.classes or is_plain_base(base)):
                raise TypeError(f"class {name} cannot have {base!r} as its base here")
        made: type = builtins.__build_class__(body, name, *bases)
        self.classes.add(made)
        return made

    def writable(self, value: Any) -> Any:
        """`value`, when a program may set its attributes; TypeError otherwise."""
        kind = type(value)
        if kind in self.classes or kind is defaultdict or (isinstance(value, type) and value in self.classes):
            return value
        shown = value.__name__ if isinstance(value, type) else kind.__name__
        raise TypeError(f"attributes of {shown!r} are read-only here: only objects of your own classes can be changed")

    def guarded_setattr(self, value: Any, name: str, new: Any, /) -> None:
        check_writable_name(name)
        setattr(self.writable(value), name, new)

    def guarded_delattr(self, value: Any, name: str, /) -> None:
        check_writable_name(name)
        delattr(self.writable(value), name)


def check_writable_name(name: str) -> None:
    if type(name) is not str:
        raise TypeError("attribute name must be a plain string")
    if is_private(name):
        raise AttributeError(f"attribute {name!r} is not available here")


def is_plain_base(base: type) -> bool:
    is_namedtuple = base.__bases__ == (tuple,) and hasattr(base, "_fields")
    return base in PLAIN_BASES or is_namedtuple or issubclass(base, Exception)


FUNCTIONS = (
    "abs all any ascii bin bool bytearray bytes callable chr classmethod complex dict divmod enumerate filter float "
    "format frozenset hash hex int isinstance issubclass iter len list map max min next object oct ord pow property "
    "range repr reversed round set slice sorted staticmethod str sum super tuple zip"
)
CONSTANTS = ("None", "True", "False", "Ellipsis", "NotImplemented")


def is_offered_exception(value: object) -> bool:
    return isinstance(value, type) and (value is BaseException or issubclass(value, Exception))


EXCEPTIONS = {
    name: value
    for name, value in vars(builtins).items()
    if is_offered_exception(value) and not name.endswith("ExceptionGroup")
}

BUILTINS: dict[str, Any] = {
    **{name: getattr(builtins, name) for name in (*FUNCTIONS.split(), *CONSTANTS)},
    **EXCEPTIONS,
    "getattr": guarded_getattr,
    "hasattr": guarded_hasattr,
    "print": guarded_print,
    "type": guarded_type,
}
"""The built-ins that all programs share. `setattr` and `delattr` belong to a run: they know its classes."""

OFFERED = frozenset(BUILTINS) | {"setattr", "delattr"}
