"""Whether bytes are JSON. They come from a stranger's process, and go on as they came."""

import gc
import re

import orjson

LARGE = 16 * 1024

HUGE_NUMBER = re.compile(rb"(?<![0-9])[0-9]{309}")
"""An integer that may be beyond what a double holds. The look behind makes each run of digits be read once."""


def is_json(data: bytes) -> bool:
    """UTF-8, no number that would be infinite, no lone surrogate, nested at most 1024 deep.

    orjson, though it builds objects. A skip (`msgspec.Raw`) builds none, and lets broken UTF-8 and 1e999 pass; to look
    for those besides takes longer than it saves. The bindings of yyjson build none and see all; they have no release
    for the newest Python.
    """
    if len(data) >= LARGE and gc.isenabled():
        return _without_collections(data)
    try:
        orjson.loads(data)
    except ValueError:
        return False
    return True


def _without_collections(data: bytes) -> bool:
    """A megabyte can be 350,000 empty lists: collections would walk them again and again."""
    gc.disable()
    try:
        return is_json(data)
    finally:
        gc.enable()
