"""System calls that Python has no function for, by ctypes. Part of the jail's inside: standard library only."""

from __future__ import annotations

import ctypes
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_libc = ctypes.CDLL(None, use_errno=True)


def prepare_libc(name: str, *arguments: int | bytes | None) -> Callable[[], int]:
    """A call of a C function whose failure is -1 and errno, ready to be made. It raises OSError."""
    words = [ctypes.c_ulong(a) if isinstance(a, int) else a for a in arguments]
    function = getattr(_libc, name)

    def call() -> int:
        result: int = function(*words)
        if result == -1:
            number = ctypes.get_errno()
            raise OSError(number, f"{name}: {os.strerror(number)}")
        return result

    return call


def call_libc(name: str, *arguments: int | bytes | None) -> int:
    """Call a C function whose failure is -1 and errno. Raises OSError."""
    return prepare_libc(name, *arguments)()


def trim_heap() -> None:
    """Give freed memory back, so that a fork has fewer pages to copy; only glibc can."""
    if hasattr(_libc, "malloc_trim"):
        _libc.malloc_trim(0)


def signal_descriptor(number: int) -> int:
    """A descriptor that is readable when signal `number`, which must be blocked, has come (signalfd(2))."""
    mask = ctypes.create_string_buffer(128)
    mask[(number - 1) // 8] = bytes([1 << (number - 1) % 8])
    return call_libc("signalfd", -1 & 0xFFFFFFFF, ctypes.addressof(mask), 0o2004000)
