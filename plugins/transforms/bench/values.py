"""What each transform costs a value, beside the plainest Python that does the same to a value that is as it should be.

``python bench/values.py`` prints nanoseconds, the best of seven rounds.
"""

import timeit
from collections.abc import Callable
from typing import Any

from pegboard import Transform, TransformContext
from pegboard.json import converter
from pegboard_transforms import BOOLEAN, CONCAT, DATE, DIRECT, MAP, NUMBER, SPLIT, TEMPLATE

CONTEXT = TransformContext("field", "/mapping/field", "bench")
RECORD = {"first": "Ada", "last": "Lovelace", "source": "web", "company": "Engines", "date": "2024-01-31"}
NAMES = {"fields": ["$.first", "$.last"], "separator": " "}
MONEY = {"thousandsSeparator": ",", "currency": True}
TEXT = {"template": "{{$.source}} - {{$.company}}"}
STATUS = {"ACTIVE": "active", "DELETED": "deleted"}
ROUNDS, CALLS = 7, 50_000

Plain = Callable[[Any, Any], Any]

CASES: tuple[tuple[str, Transform, dict[str, Any], Any, Plain], ...] = (
    ("direct", DIRECT, {}, "Ada", lambda v, r: v),
    ("concat", CONCAT, NAMES, "", lambda v, r: r["first"] + " " + r["last"]),
    ("split", SPLIT, {}, "a, b, c", lambda v, r: [part.strip() for part in v.split(",")]),
    ("map", MAP, {"mapping": STATUS, "default": "?"}, "ACTIVE", lambda v, r: STATUS.get(v, "?")),
    ("date YYYY-MM-DD", DATE, {"inputFormat": "YYYY-MM-DD"}, "2024-01-31", lambda v, r: v + "T00:00:00Z"),
    ("date ISO8601", DATE, {}, "2024-01-31T12:00:00Z", lambda v, r: v),
    ("date epoch", DATE, {"inputFormat": "epoch"}, 1706702400, lambda v, r: v),
    ("date DD.MM.YYYY", DATE, {"inputFormat": "DD.MM.YYYY"}, "31.01.2024", lambda v, r: f"{v[6:]}-{v[3:5]}-{v[:2]}"),
    ("number, is one", NUMBER, {"type": "float"}, 12.5, lambda v, r: float(v)),
    ("number, text", NUMBER, {}, "12.5", lambda v, r: float(v)),
    ("number, money", NUMBER, MONEY, "$1,234.50", lambda v, r: float(v[1:].replace(",", ""))),
    ("boolean", BOOLEAN, {}, "yes", lambda v, r: v == "yes"),
    ("template", TEMPLATE, TEXT, "", lambda v, r: f"{r['source']} - {r['company']}"),
    ("template, alone", TEMPLATE, {"template": "{{$.source}}"}, "", lambda v, r: r["source"]),
)  # fmt: skip


def nanoseconds(apply: Plain, value: Any) -> float:
    return min(timeit.repeat(lambda: apply(value, RECORD), number=CALLS, repeat=ROUNDS)) / CALLS * 1e9


if __name__ == "__main__":
    for name, transform, config, value, plain in CASES:
        assert transform.compile is not None
        apply = transform.compile(converter.structure(config, transform.config), CONTEXT)
        print(f"{name:18} {nanoseconds(apply, value):7.0f} ns   by hand {nanoseconds(plain, value):5.0f} ns")
