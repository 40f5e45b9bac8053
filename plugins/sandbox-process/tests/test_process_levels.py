"""Which level is chosen, and what is said where a machine is too weak."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pegboard import Argument, Ending, Isolation, Problem, Program, Run
from pegboard_sandbox_process import FULL_PYTHON, ProcessSettings, Profile, Warmth, cgroup, open_jail, probe
from pegboard_sandbox_process.launch import StartFailed
from pegboard_sandbox_process.levels import FIXES, candidates

pytestmark = pytest.mark.anyio


def test_the_best_level_is_tried_first_and_weak_ones_only_with_leave() -> None:
    assert candidates(5, False) == [Isolation.L5, Isolation.L4, Isolation.L3]
    assert candidates(3, False) == [Isolation.L3]
    assert candidates(2, False) == []
    assert candidates(4, True) == [Isolation.L4, Isolation.L3, Isolation.L2]


@pytest.mark.parametrize(("most", "weak", "level"), [(4, False, 4), (3, False, 3), (2, True, 2)])
async def test_a_jail_reports_its_level(absent: Callable[[str], None], most: int, weak: bool, level: int) -> None:
    failed = [each for each in probe() if each.step.startswith(f"L{level}") and not each.works]
    if failed:
        absent(f"this machine refuses level {level}: {failed}")
    async with open_jail(FULL_PYTHON, ProcessSettings(max_level=most, allow_weak_isolation=weak)) as jail:
        outcome = await jail.run(Run("t", Program("return 1")))
    assert (jail.isolation, outcome.isolation, outcome.ending) == (level, level, Ending.RESULT)


@pytest.mark.parametrize("layers", [(), ("landlock", "seccomp"), ("namespaces", "seccomp")])
async def test_processes_stay_and_go_at_every_level(  # type: ignore[no-untyped-def]
    open_layers, descendants: Callable[[], list[int]], layers: tuple[str, ...]
) -> None:
    before = descendants()
    program = Program("import ctypes, os\ndef f(bad):\n    if bad: ctypes.string_at(0)\n    return os.getpid()", "f")
    async with open_layers(*layers, warmth=Warmth()) as jail:
        calls = [await jail.run(Run("t", program, (Argument(bad),))) for bad in (b"0", b"0", b"1", b"0", b"0")]
        first, second, _, fourth, fifth = (each.result for each in calls)
        assert calls[2].ending is Ending.CRASHED
        assert first == second
        assert fourth == fifth != first
    assert not set(descendants()) - set(before)


async def test_weak_isolation_is_refused_with_the_way_out() -> None:
    with pytest.raises(Problem, match="allow_weak_isolation = true") as caught:
        async with open_jail(FULL_PYTHON, ProcessSettings(max_level=2)):
            pass
    assert (caught.value.status, caught.value.code) == (503, "isolation-too-weak")


async def test_a_jail_that_cannot_start_says_at_which_step_and_why() -> None:
    profile = Profile("broken", "pegboard_sandbox_process.full_python:language", imports=("no_such_module",))
    with pytest.raises(Problem, match=r"L4 fails at import \(ModuleNotFoundError: No module named 'no_such_module'\)"):
        async with open_jail(profile, ProcessSettings()):
            pass


async def test_a_failed_start_leaves_nothing(descendants: Callable[[], list[int]]) -> None:
    before = descendants()
    profile = Profile("broken", "pegboard_sandbox_process.nothing:language")
    with pytest.raises(Problem):
        async with open_jail(profile, ProcessSettings()):
            pass
    assert descendants() == before


def test_every_step_that_fails_has_a_fix() -> None:
    for each in probe():
        assert each.works or (each.why and each.fix), each
    assert {"L4 user-namespace", "L3 landlock", "L5 cgroup"} <= {each.step for each in probe()} or not all(
        each.works for each in probe()
    )


def test_fixes_are_commands_or_say_what_to_install() -> None:
    assert all(len(fix) > 20 for fix in FIXES.values())


def hierarchy(root: Path, path: str, enabled: str) -> Path:
    group = root / path.lstrip("/")
    group.mkdir(parents=True)
    (root / "cgroup.controllers").write_text("cpu memory pids")
    (group / "cgroup.subtree_control").write_text(enabled)
    (root / "membership").write_text(f"12:memory:/old\n0::{path}\n")
    return group


def test_the_own_cgroup_is_found(tmp_path: Path) -> None:
    group = hierarchy(tmp_path, "/user.slice/app", "")
    assert cgroup.own_group(tmp_path, tmp_path / "membership") == group


def test_a_hierarchy_of_version_1_is_refused(tmp_path: Path) -> None:
    (tmp_path / "membership").write_text("3:memory:/x\n")
    with pytest.raises(StartFailed, match="not a cgroup v2 hierarchy"):
        cgroup.own_group(tmp_path, tmp_path / "membership")


def test_controllers_are_enabled_where_they_are_missing(tmp_path: Path) -> None:
    group = hierarchy(tmp_path, "/app", "cpu memory")
    cgroup.require_delegated(group)
    assert (group / "cgroup.subtree_control").read_text() == "+pids"


def test_a_directory_that_is_not_delegated_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StartFailed, match="not delegated with memory and pids"):
        cgroup.require_delegated(tmp_path / "nothing")


def test_a_group_has_limits_and_goes_away(tmp_path: Path) -> None:
    parent = hierarchy(tmp_path, "/app", "memory pids")
    with cgroup.group_for_zygote(parent, 1 << 30, 10) as group:
        assert (group / "memory.max").read_text() == str(1 << 30)
        assert (group / "pids.max").read_text() == "10"
        for file in group.iterdir():  # a cgroup's files vanish with it; those of an ordinary folder do not
            file.unlink()
        (group / "cgroup.kill").mkdir()
        (group / "cgroup.kill").rmdir()


def test_the_doctor_looks_where_the_operator_says(tmp_path: Path) -> None:
    parent = hierarchy(tmp_path, "/app", "")
    (parent / "cgroup.subtree_control").unlink()
    tried = probe(str(parent))[-1]
    assert (tried.step, tried.works) == ("L5 cgroup", False)
    assert str(parent) in tried.why
    assert "Delegate=memory pids" in tried.fix


def test_what_mends_a_step_may_depend_on_the_answer(tmp_path: Path) -> None:
    (tmp_path / "membership").write_text("3:memory:/x\n")
    with pytest.raises(StartFailed) as caught:
        cgroup.own_group(tmp_path, tmp_path / "membership")
    assert "unified_cgroup_hierarchy" in caught.value.fix
    assert StartFailed("landlock", "no").fix == FIXES["landlock"]
