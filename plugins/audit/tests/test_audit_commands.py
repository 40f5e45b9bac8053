"""``pegboard audit``, and what other commands leave in the log."""

import json
from typing import Any

import pytest

from pegboard import AuditEvent, Principal, Secret, Services
from pegboard_audit import AuditLog, EntryQuery


def write(shell: Any, *actions: str, tenant: str = "default") -> None:
    async def work(services: Services) -> None:
        for action in actions:
            principal = Principal("ann", tenant, username="Ann")
            event = AuditEvent(action, "thing", "t1", after={"key": Secret("topsecret")})
            await services.get(AuditLog).record(event, principal=principal)

    shell.within(work)


def actions(shell: Any, tenant: str = "default") -> list[str]:
    """What the log of a tenant has, oldest first."""

    async def work(services: Services) -> list[str]:
        page = await services.get(AuditLog).page(tenant, EntryQuery())
        return [entry.action for entry in page.entries][::-1]

    found: list[str] = shell.within(work)
    return found


def exported(shell: Any, *options: str) -> list[Any]:
    done = shell.run("audit", "export", *options)
    assert done.exit_code == 0, done.output
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_an_export_prints_json_lines_that_fit(shell: Any) -> None:
    write(shell, "things.make", "things.break", "other.make")
    write(shell, "things.make", tenant="other")
    assert [entry["action"] for entry in exported(shell)] == ["other.make", "things.break", "things.make"]
    assert len(exported(shell, "--tenant", "other")) == 1
    assert len(exported(shell, "--action", "things.*", "--actor", "ann")) == 2
    assert exported(shell, "--until", "2020-01-01") == []
    assert len(exported(shell, "--since", "2020-01-01T00:00:00Z")) == 3
    assert shell.run("audit", "export", "--since", "yesterday").exit_code == 2


def test_keys_that_are_made_and_revoked_on_the_command_line_are_the_operators_doing(shell: Any) -> None:
    made = json.loads(shell.run("keys", "create", "robot", "--user", "bob", "--json").stdout.splitlines()[-1])
    assert shell.run("keys", "revoke", made["record"]["id"]).exit_code == 0
    assert shell.run("keys", "revoke", "key_none").exit_code == 1
    revoked, created = exported(shell)
    assert [entry["action"] for entry in (created, revoked)] == ["keys.create", "keys.revoke"]
    assert {entry["object"]["id"] for entry in (created, revoked)} == {made["record"]["id"]}
    assert {entry["actor"]["id"] for entry in (created, revoked)} == {"operator"}
    assert (created["address"], created["requestId"]) == ("", "")
    assert made["key"].rpartition("_")[2] not in json.dumps([created, revoked])


def test_a_new_key_of_the_vault_and_its_rotation_have_an_entry_each(shell: Any) -> None:
    shell.within(lambda services: services.aget(AuditLog))
    made = shell.run("vault", "new-key")
    assert made.exit_code == 0, made.output
    assert shell.run("vault", "new-key", "--print").exit_code == 0
    assert shell.run("vault", "rotate").exit_code == 0
    rotated, created = exported(shell)
    id = made.stdout.split()[1]
    assert [(entry["action"], entry["object"]["id"]) for entry in (created, rotated)] == [
        ("vault.new-key", id),
        ("vault.rotate", id),
    ]
    assert rotated["detail"] == "0 values sealed anew, 0 left, 0 places failed"
    lines = (shell.folder / "vault.keys").read_text().splitlines()
    keys = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    assert len(keys) == 2
    assert [key for key in keys if key in json.dumps([created, rotated])] == []


def test_without_the_plugin_the_commands_are_as_they_were(shell: Any) -> None:
    shell.names = ("accounts", "callers", "store", "vault")
    shell.audit = None
    made = json.loads(shell.run("keys", "create", "robot", "--json").stdout.splitlines()[-1])
    assert shell.run("keys", "revoke", made["record"]["id"]).exit_code == 0
    assert shell.run("vault", "rotate").exit_code == 0
    assert shell.run("vault", "new-key").stdout.startswith("key ")


def test_pruning_goes_by_the_time_that_is_given(shell: Any) -> None:
    write(shell, "things.make", "things.break")
    write(shell, "things.make", tenant="other")
    [newest, _] = exported(shell)
    pruned = shell.run("audit", "prune", "--before", newest["at"], "--tenant", "default", "--json")
    assert pruned.exit_code == 0, pruned.output
    assert json.loads(pruned.stdout.splitlines()[-1])["deleted"] == {"default": 1}
    assert actions(shell) == ["things.break", "audit.prune"]
    assert actions(shell, "other") == ["things.make"]
    assert exported(shell)[0]["actor"]["id"] == "operator"


def test_pruning_goes_by_the_retention_of_the_settings(shell: Any) -> None:
    write(shell, "things.make")
    shell.audit = {"retention_days": 30}
    assert shell.run("audit", "prune").stdout.startswith("nothing to do: there are no entries from before ")
    assert actions(shell) == ["things.make"]


@pytest.mark.parametrize(
    ("options", "told"),
    [((), "retention_days"), (("--before", "2999-01-01"), "not in the past"), (("--before", "x"), "RFC 3339")],
)
def test_pruning_without_a_good_time_is_refused(shell: Any, options: tuple[str, ...], told: str) -> None:
    write(shell, "things.make")
    refused = shell.run("audit", "prune", *options)
    assert refused.exit_code == 2
    assert told in refused.output
    assert actions(shell) == ["things.make"]
