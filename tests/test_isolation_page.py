"""``docs/isolation.md``: each example is what its reader takes it for, and the steps are those of the doctor."""

import ast
import configparser
import inspect
import json
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from sybil.document import Document

from pegboard import create_app
from pegboard_sandbox_process import ProcessSettings, isolation, levels
from pegboard_sandbox_process.probe import STEPS
from workspace.examples import blocks
from workspace.tree import ROOT

PAGES = [ROOT / "docs" / name for name in ("isolation.md", "sandboxes.md", "language.md", "operations.md")]
PAGE = PAGES[0]
TEXT = PAGE.read_text()
FENCE = re.compile(r"^( *)```(\w+)( file \S+)?\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?:)([^)#]*)#([^)]+)\)")


def examples(language: str, pages: list[Path] = PAGES) -> Iterator[str]:
    """All blocks of a language, those within lists without their indentation."""
    for page in pages:
        for indent, name, _, source in FENCE.findall(page.read_text()):
            if name == language:
                yield re.sub(f"^{indent}", "", source, flags=re.MULTILINE)


def unit() -> configparser.ConfigParser:
    (source,) = examples("ini")
    read = configparser.ConfigParser(interpolation=None, strict=True)
    read.optionxform = str  # type: ignore[assignment, method-assign]
    read.read_string(source)
    return read


def settings() -> list[dict[str, Any]]:
    return [tomllib.loads(source) for source in examples("toml")]


@pytest.mark.parametrize("source", list(examples("toml")))
def test_settings_are_taken_by_the_app(source: str) -> None:
    create_app(settings=tomllib.loads(source), environ={})


def test_the_unit_and_its_settings_fit_together() -> None:
    service = unit()["Service"]
    path = next(found["plugins"]["sandbox-process"]["cgroup"] for found in settings() if "cgroup" in str(found))
    (name,) = re.findall(r"/etc/systemd/system/(\S+\.service)", TEXT)
    assert path == f"/sys/fs/cgroup/system.slice/{name}"
    assert service["Delegate"].split() == ["memory", "pids"]
    assert service["DelegateSubgroup"]
    assert f"profile {service['AppArmorProfile'].lstrip('-')} flags=(unconfined)" in TEXT
    assert f"PEGBOARD_CONFIG={(re.findall(r'its `(/etc/[^`]+)`', TEXT))[0]}" == service["Environment"]


def test_the_unit_has_none_of_the_options_that_do_not_go_with_it() -> None:
    (told,) = re.findall(r"\*\*Not with it go\*\*: (.*?)The programs themselves", TEXT, re.DOTALL)
    refused = re.findall(r"`(\w+)=", told)
    assert {"ProtectHostname", "RestrictNamespaces", "SystemCallFilter", "ProtectControlGroups"} == set(refused)
    assert not set(refused) & set(unit()["Service"])


def test_scripts_are_shell() -> None:
    scripts = list(examples("sh", [PAGE]))
    assert scripts
    for script in scripts:
        subprocess.run(["sh", "-n"], input=script, text=True, check=True)


def test_the_deployment_keeps_to_what_the_table_says() -> None:
    compose, deployment = (yaml.safe_load(source) for source in examples("yaml", [PAGE]))
    pod = deployment["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    context = container["securityContext"]
    assert context == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert pod["securityContext"]["runAsNonRoot"] is True
    profiles = {pod["securityContext"][f"{kind}Profile"]["localhostProfile"] for kind in ("seccomp", "appArmor")}
    assert profiles == {"profiles/pegboard-seccomp.json", "pegboard-container"}
    assert {mount["name"] for mount in container["volumeMounts"]} == {volume["name"] for volume in pod["volumes"]}
    service = compose["services"]["pegboard"]
    assert service["cap_drop"] == ["ALL"]
    assert service["read_only"] is True
    assert "apparmor=pegboard-container" in service["security_opt"]
    assert set(service["volumes"][0].split(":")[:1]) == set(compose["volumes"])


def test_other_yaml_can_be_read() -> None:
    assert all(yaml.safe_load(source) for source in examples("yaml"))


def test_the_users_of_dockerfile_and_deployment_are_one() -> None:
    (source,) = examples("dockerfile")
    lines = source.replace("\\\n", " ").splitlines()
    steps = [line.split(maxsplit=1) for line in lines if line and not line.startswith("#")]
    assert {step for step, _ in steps} <= {"FROM", "COPY", "RUN", "USER", "WORKDIR", "VOLUME", "ENV", "CMD"}
    (user,) = (rest for step, rest in steps if step == "USER")
    assert f"runAsUser: {user.partition(':')[0]}" in TEXT
    copied = re.findall(r"/src/(\S+)", " ".join(rest for step, rest in steps if step == "RUN"))
    assert copied
    assert [name for name in copied if not (ROOT / name / "pyproject.toml").is_file()] == []
    assert json.loads(steps[-1][1])[:2] == ["pegboard", "serve"]


def test_braces_of_profiles_are_closed_and_profiles_are_named() -> None:
    profiles = list(examples("apparmor"))
    names = [re.findall(r"^profile (\S+) ", profile, re.MULTILINE) for profile in profiles]
    assert names == [["pegboard"], ["pegboard-container"]]
    for profile in profiles:
        assert profile.count("{") == profile.count("}")
        rules = [line.strip() for line in profile.partition(") {")[2].splitlines()]
        assert [rule for rule in rules if rule and rule[0] not in "#}" and not rule.endswith((",", ">"))] == []


# The seccomp profile.

DEFAULT = {
    "defaultAction": "SCMP_ACT_ERRNO",
    "archMap": [{"architecture": "SCMP_ARCH_X86_64", "subArchitectures": ["SCMP_ARCH_X86"]}],
    "syscalls": [
        {"names": ["read"], "action": "SCMP_ACT_ALLOW", "args": None, "comment": ""},
        {"names": ["ptrace"], "action": "SCMP_ACT_ALLOW", "includes": {"minKernel": "4.8"}},
        {"names": ["arch_prctl"], "action": "SCMP_ACT_ALLOW", "includes": {"arches": ["amd64", "x32"]}},
        {"names": ["cacheflush"], "action": "SCMP_ACT_ALLOW", "includes": {"arches": ["arm", "arm64"]}},
        {"names": ["bpf", "mount", "setns"], "action": "SCMP_ACT_ALLOW", "includes": {"caps": ["CAP_SYS_ADMIN"]}},
        {
            "names": ["clone"],
            "action": "SCMP_ACT_ALLOW",
            "args": [{"index": 0}],
            "excludes": {"caps": ["CAP_SYS_ADMIN"]},
        },
        {"names": ["clone"], "action": "SCMP_ACT_ALLOW", "excludes": {"arches": ["amd64"]}},
        {"names": ["clone3"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38, "excludes": {"caps": ["CAP_SYS_ADMIN"]}},
    ],
}
"""The kinds of rules that Docker's profile has."""


@pytest.fixture(scope="module")
def widen() -> dict[str, Any]:
    (source,) = (
        str(region.lexemes["source"]) for region in blocks(Document.parse(str(PAGE)), r"python file widen\.py")
    )
    names: dict[str, Any] = {"__name__": "widen"}
    exec(compile(source, "widen.py", "exec"), names)
    return names


def test_the_widened_profile_is_dockers_without_capabilities_and_five_calls_more(widen: dict[str, Any]) -> None:
    made = widen["widened"](DEFAULT, "x86_64")
    allowed = [name for rule in made["syscalls"] if rule["action"] == "SCMP_ACT_ALLOW" for name in rule["names"]]
    assert allowed == ["read", "ptrace", "arch_prctl", "clone", *widen["LEVEL_4"]]
    assert made["syscalls"][-2] == {"names": ["clone3"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38}
    assert {key for rule in made["syscalls"] for key in rule} <= {"names", "action", "args", "errnoRet"}
    assert (made["defaultAction"], made["architectures"]) == ("SCMP_ACT_ERRNO", ["SCMP_ARCH_X86_64"])


def test_the_five_calls_are_those_that_level_4_makes(widen: dict[str, Any]) -> None:
    """What `enter_namespaces` and `leave_root` ask of the C library; by number they ask for pivot_root alone."""
    steps = ast.parse(inspect.getsource(isolation.enter_namespaces) + inspect.getsource(isolation.leave_root))
    calls = [node for node in ast.walk(steps) if isinstance(node, ast.Call) and ast.unparse(node.func) == "call_libc"]
    names = {"pivot_root" if "PIVOT_ROOT" in ast.unparse(call) else ast.literal_eval(call.args[0]) for call in calls}
    assert names == set(widen["LEVEL_4"])


# The doctor.


def test_the_steps_of_the_doctor_are_all_explained() -> None:
    explained = re.findall(r"^\| `([\w-]+)` \| ", TEXT.partition("\n| step |")[2].partition("\n\n")[0], re.MULTILINE)
    tried = [step for steps in STEPS.values() for step in steps]
    assert explained == [*tried, "run", "cgroup"]
    assert set(levels.FIXES) <= set(explained)


def test_the_doctors_table_has_the_rows_that_it_prints() -> None:
    (table,) = re.findall(r"```\n(part .*?)```", TEXT, re.DOTALL)
    shown = re.findall(r"^process +(L\d [\w-]+) +(?:yes|no)", table, re.MULTILINE)
    printed = [f"{level.name} {step}" for level, steps in STEPS.items() for step in (*steps, "run")]
    assert shown == [*printed, "L5 cgroup"]


def test_the_levels_that_may_be_set_are_told() -> None:
    assert f"`max_level` ({ProcessSettings().max_level})" in TEXT


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_to_headings_lead_somewhere(page: Path) -> None:
    for name, anchor in LINK.findall(page.read_text()):
        target = (page.parent / name).resolve() if name else page
        headings = re.findall(r"^#+ (.*)$", target.read_text(), re.MULTILINE)
        slugs = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
        assert anchor in slugs, f"{page.name} links to {name}#{anchor}"
