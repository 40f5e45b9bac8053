"""The standard library where it trusts whoever calls it: mended once, in the jail, before any program is there.

Two habits of it would be holes here.

- *Caches that outlive a call.* A key that is a program's own object (a ``str`` whose ``__eq__`` it wrote) would meet
  the keys of the next call and be handed what those hold. Keys are plain here.
- *Methods that make another of their own kind.* ``Counter.copy(A)`` is ``A.__class__(A)``, which for a class is
  ``type``; ``ChainMap.copy`` calls it with three arguments, and that makes a class past the policy. Such methods take
  nothing but an object of their class here.
"""

import _strptime
import re
from collections import ChainMap, Counter
from collections.abc import Callable
from functools import wraps
from operator import index
from typing import Any

PLAIN = (str, bytes, re.Pattern)
TEMPLATES = ("_compile_repl", "_compile_template")
"""What `re` calls for the replacement of ``sub``, in Python 3.11 and later; with a cache."""


def plain(text: Any) -> Any:
    """`text` without the class that a program made for it; what is no text as it is."""
    return str.__str__(text) if isinstance(text, str) and type(text) not in PLAIN else text


def with_plain_text(function: Callable[..., Any]) -> Callable[..., Any]:
    """`function`, whose two arguments are texts."""

    @wraps(function)
    def call(first: Any, second: Any) -> Any:
        return function(plain(first), plain(second))

    return call


def with_plain_flags(compile_pattern: Callable[[Any, int], Any]) -> Callable[[Any, Any], Any]:
    """``re._compile``, through which every function of `re` goes."""

    @wraps(compile_pattern)
    def call(pattern: Any, flags: Any) -> Any:
        return compile_pattern(plain(pattern), flags if type(flags) is int else index(flags))

    return call


def of_its_own(kind: type, method: Callable[..., Any]) -> Callable[..., Any]:
    """`method` of `kind`, for objects of that kind alone."""

    @wraps(method)
    def call(self: Any, *args: Any, **options: Any) -> Any:
        if kind not in type(self).__mro__:
            raise TypeError(f"{method.__qualname__} needs a {kind.__name__}, not a {type(self).__name__}")
        return method(self, *args, **options)

    return call


def mend() -> None:
    """Change the library of this process. To do it again changes nothing."""
    if hasattr(re._compile, "__wrapped__"):  # type: ignore[attr-defined]
        return
    re._compile = with_plain_flags(re._compile)  # type: ignore[attr-defined]
    for name in TEMPLATES:
        cached: Any = getattr(re, name, None)
        if cached is not None:
            setattr(re, name, with_plain_text(cached))
            getattr(re, name).cache_clear = cached.cache_clear  # for `re.purge`
    _strptime._strptime = with_plain_text(_strptime._strptime)  # type: ignore[attr-defined]
    for kind, name in ((Counter, "copy"), (ChainMap, "copy"), (ChainMap, "new_child")):
        setattr(kind, name, of_its_own(kind, getattr(kind, name)))
    parents: Any = ChainMap.parents
    ChainMap.parents = property(of_its_own(ChainMap, parents.fget))  # type: ignore[misc,assignment]
