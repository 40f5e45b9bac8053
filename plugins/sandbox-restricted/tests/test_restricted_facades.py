"""What a program finds around it: façades with the public names of modules, read-only, and globals of its own."""

import types

import pytest

from pegboard_sandbox_process.child import Job
from pegboard_sandbox_restricted.facades import FACADES, shown_by
from pegboard_sandbox_restricted.language import fresh_globals, language


@pytest.mark.parametrize("module", FACADES)
def test_a_façade_shows_what_is_public_and_no_module(module: str) -> None:
    shown = [getattr(FACADES[module], name) for name in shown_by(module)]
    assert shown
    assert not any(name.startswith("_") for name in shown_by(module))
    assert not any(isinstance(value, types.ModuleType) for value in shown)


@pytest.mark.parametrize("module", FACADES)
def test_a_façade_is_read_only(module: str) -> None:
    name = shown_by(module)[0]
    with pytest.raises(AttributeError, match="read-only"):
        setattr(FACADES[module], name, 1)
    with pytest.raises(AttributeError, match="read-only"):
        delattr(FACADES[module], name)
    with pytest.raises(AttributeError, match=f"module '{module}' has no 'nothing' here; it has "):
        _ = FACADES[module].nothing  # type: ignore[attr-defined]


def test_the_façades_are_those_of_the_specification() -> None:
    assert set(FACADES) == {
        "datetime", "time", "json", "re", "math", "statistics", "collections", "itertools", "typing"
    }  # fmt: skip
    assert set(shown_by("json")) == {"loads", "dumps", "JSONDecodeError"}
    assert set(shown_by("collections")) == {
        "Counter", "OrderedDict", "defaultdict", "deque", "namedtuple", "ChainMap"
    }  # fmt: skip
    assert {"mean", "median", "stdev", "quantiles", "StatisticsError"} < set(shown_by("statistics"))
    assert {"datetime", "date", "time", "timedelta", "timezone", "UTC", "MINYEAR"} < set(shown_by("datetime"))
    assert "NormalDist" not in shown_by("statistics")


def test_each_run_has_globals_of_its_own() -> None:
    job = Job("run", "import json\ndef program(): pass", "program", [], {"source": 1000, "nesting": 10})
    program = language.compile(job)
    first, second = (fresh_globals(program, {}) for _ in range(2))
    assert first is not second
    assert first["__builtins__"] is not second["__builtins__"]
    assert first["_write_"] is not second["_write_"]
