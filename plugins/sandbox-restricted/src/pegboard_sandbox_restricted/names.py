"""Which names a program may say: variables, attributes, special methods."""

from types import AsyncGeneratorType, CodeType, CoroutineType, FrameType, GeneratorType, TracebackType

from RestrictedPython.transformer import INSPECT_ATTRIBUTES

PROTOCOLS = """
    init repr str format bytes hash bool len length_hint iter next reversed contains getitem setitem delitem
    missing call enter exit eq ne lt le gt ge neg pos abs invert int float complex index round trunc floor ceil
    add sub mul truediv floordiv mod divmod pow lshift rshift and or xor matmul
    radd rsub rmul rtruediv rfloordiv rmod rdivmod rpow rlshift rrshift rand ror rxor rmatmul
    iadd isub imul itruediv ifloordiv imod ipow ilshift irshift iand ior ixor imatmul
"""
SPECIAL_METHODS = frozenset(f"__{name}__" for name in PROTOCOLS.split())
"""What a class may define: the protocols of operators and containers.

Left out is whatever changes how attributes are found or objects are made (``__getattr__``, ``__get__``, ``__new__``,
``__set_name__``, ``__class_getitem__``) or runs at a time that nobody chose (``__del__``).
"""

NAMEDTUPLE_ATTRIBUTES = frozenset({"_asdict", "_fields", "_make", "_replace"})

GUARDED_ATTRIBUTES = NAMEDTUPLE_ATTRIBUTES | {"__name__", "format", "format_map", "groupindex", "obj", "register"}
"""Names whose safety depends on the object, so that reading them is a call of the guard.

``str.format`` reads attributes that the policy never sees; ``AttributeError.obj`` hands out whatever the library
was looking at when it failed; ``groupindex`` of a pattern, which the library keeps for later calls, hands its dict to
whatever it is compared with; ``ChainMap.register`` changes what `isinstance` says from then on.
"""

INSIDES = (CodeType, FrameType, TracebackType, GeneratorType, CoroutineType, AsyncGeneratorType)
PREFIXES = ("co_", "f_", "tb_", "gi_", "cr_", "ag_")
REFUSED_ATTRIBUTES = (
    INSPECT_ATTRIBUTES | {name for kind in INSIDES for name in vars(kind) if name.startswith(PREFIXES)} | {"mro"}
)
"""The doors to frames, code and the bases of classes that have no underscore, in this version of Python as well."""


def is_private(name: str) -> bool:
    """Whether `name` belongs to Python or to the guards. A lone ``_`` is an ordinary variable."""
    return name.startswith("_") and name != "_"


def is_refused_attribute(name: str) -> bool:
    """Whether no program may read `name` from any object."""
    return (is_private(name) and name not in GUARDED_ATTRIBUTES) or name in REFUSED_ATTRIBUTES
