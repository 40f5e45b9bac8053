"""The command line: what it prints, and that whatever goes wrong is one clear line and an exit code."""

import json
import socket
from pathlib import Path
from typing import Any

import pytest

from pegboard import StartupError, __version__

GOOD = """
    import click, attrs

    @attrs.frozen
    class GoodSettings:
        key: Secret = setting(Secret("tops3cret"), help="a key")
        colours: int = setting(3, help="how many colours")

    class Database:
        name = "pegs"

    async def ping(database):
        return f"{database.name} answers"

    @hookimpl
    def pegboard_settings():
        return GoodSettings

    @hookimpl
    def pegboard_services(registry, settings):
        registry.offer(Database, lambda services: Database(), ping=ping)

    @hookimpl
    def pegboard_commands(settings):
        from pegboard.cli import with_services

        @click.command()
        @click.argument("name")
        @with_services
        async def greet(services, name):
            '''Greet somebody.'''
            click.echo(f"{(await services.aget(Database)).name} greets {name}")

        yield greet
"""
BROKEN = "raise LookupError('no pegs left')"
LINE = 'plugin "bad" failed in phase import: LookupError: no pegs left (start without it: PEGBOARD_DISABLE=bad)'


def one_line(ran: Any, *words: str) -> None:
    """A failure is told in one line on standard error, and without a trace."""
    assert ran.code != 0
    assert ran.err.startswith("pegboard: ")
    assert len(ran.err.splitlines()) == 1, ran.err
    assert "Traceback" not in ran.out + ran.err
    for word in words:
        assert word in ran.err


def test_plugins_lists_what_is_installed_whatever_is_broken(site: Any, pegboard: Any) -> None:
    site.add("good", GOOD, version="2.1")
    site.add("bad", BROKEN)
    site.add("worse", "", requires=("no-such-distribution",))
    (Path.cwd() / "pegboard.toml").write_text("this is = not TOML")
    rows = {row["name"]: row for row in json.loads(pegboard("plugins", "--json").out)}
    assert (rows["good"]["version"], rows["good"]["summary"]) == ("2.1", "The good of the tests")
    assert rows["bad"]["state"] == "active", "it is not imported, so nobody knows yet"
    assert rows["worse"]["state"] == "quarantined"
    table = pegboard("plugins").out
    assert "no-such-distribution, which is not installed" in table
    assert "2.1" in table


def test_check_tells_what_does_not_fit(site: Any, pegboard: Any) -> None:
    site.add("good", GOOD)
    ran = pegboard("check")
    assert (ran.code, ran.out.splitlines()[-1], ran.err) == (0, "1 plugins fit", "")
    site.add("bad", BROKEN)
    ran = pegboard("check")
    assert (ran.code, ran.err) == (0, f"pegboard: {LINE}\n")
    one_line(pegboard("check", "--strict"), LINE)


def test_check_in_json(site: Any, pegboard: Any) -> None:
    site.add("bad", BROKEN)
    ran = pegboard("check", "--strict", "--json")
    told = json.loads(ran.out)
    assert (ran.code, told["ok"], told["errors"]) == (1, False, [])
    [bad] = [plugin for plugin in told["plugins"] if plugin["name"] == "bad"]
    assert (bad["state"], bad["phase"], bad["reason"]) == ("quarantined", "import", "LookupError: no pegs left")
    (Path.cwd() / "pegboard.toml").write_text("colour = 3\nstrikt = true")
    told = json.loads(pegboard("check", "--json").out)
    assert [error.partition(": ")[2].partition(":")[0] for error in sorted(told["errors"])] == ["colour", "strikt"]


def test_config_shows_every_setting_with_its_source_and_no_secret(site: Any, pegboard: Any) -> None:
    site.add("good", GOOD)
    values = {v["path"]: v for v in json.loads(pegboard("config", "--json", good__colours="5").out)}
    assert values["plugins.good.colours"] == {
        "path": "plugins.good.colours",
        "shown": "5",
        "source": "environment PEGBOARD_GOOD__COLOURS",
        "help": "how many colours",
    }
    assert values["plugins.good.key"]["shown"] == "***"
    assert values["log.level"]["source"] == "default"
    table = pegboard("config").out
    assert "plugins.good.key" in table
    assert "tops3cret" not in table


def test_doctor_tries_services_and_says_what_mends(site: Any, pegboard: Any) -> None:
    site.add("good", GOOD)
    ran = pegboard("doctor")
    assert ran.code == 0
    assert "pegs answers" in ran.out
    site.add("bad", BROKEN)
    findings = {finding["step"]: finding for finding in json.loads(pegboard("doctor", "--json").out)}
    assert findings["bad"]["fix"] == "PEGBOARD_DISABLE=bad starts without it"
    assert findings["service Database"]["works"] is True
    assert pegboard("doctor").code == 1


def test_doctor_tries_every_step_of_isolation(site: Any, pegboard: Any) -> None:
    site.add(
        "jail",
        """
        @hookimpl
        def pegboard_sandboxes(settings):
            probes = (Probe("namespaces", False, "not allowed", "sysctl -w user.max_user_namespaces=100"),)
            yield SandboxProvider("jail", "A jail", open=None, probe=lambda: probes)
        """,
    )
    ran = pegboard("doctor")
    assert ran.code == 0, "less isolation is for the sandbox to refuse"
    assert "sysctl -w user.max_user_namespaces=100" in ran.out


def test_doctor_tells_a_service_that_does_not_work(site: Any, pegboard: Any) -> None:
    site.add("sick", GOOD.replace('return f"{database.name} answers"', 'raise ConnectionError("port 5432 refuses")'))
    ran = pegboard("doctor")
    assert ran.code == 1
    assert "port 5432 refuses" in ran.out


def test_a_plugin_brings_commands(site: Any, pegboard: Any) -> None:
    site.add("good", GOOD)
    ran = pegboard("greet", "ada")
    assert (ran.code, ran.out) == (0, "pegs greets ada\n")
    assert "Greet somebody." in pegboard("--help").out


def test_a_command_that_is_not_there_tells_what_keeps_it_away(site: Any, pegboard: Any) -> None:
    site.add("bad", BROKEN)
    ran = pegboard("greet", "ada")
    assert ran.code == 2
    assert LINE in ran.err
    assert "No such command 'greet'" in ran.err


def test_help_and_version_work_whatever_is_broken(pegboard: Any) -> None:
    (Path.cwd() / "pegboard.toml").write_text("this is = not TOML")
    assert pegboard("--version").out == f"pegboard, version {__version__}\n"
    ran = pegboard("--help")
    assert (ran.code, "serve" in ran.out, "is not valid TOML" in ran.err) == (0, True, True)


@pytest.mark.parametrize("command", ["serve", "config", "greet"])
@pytest.mark.parametrize(
    ("settings", "text", "words"),
    [
        ({}, "a = = 1", ("pegboard.toml", "is not valid TOML", "line 1")),
        ({"strikt": "1"}, "", ("PEGBOARD_STRIKT", "unknown setting", 'did you mean "PEGBOARD_STRICT"')),
        ({"required": "stroe"}, "", ('plugin "stroe" is not installed', "pip install pegboard-stroe")),
        ({"strict": "1"}, "", (LINE,)),
        ({"required": "bad"}, "", (LINE,)),
        ({"config": "/no/such/file"}, "", ("cannot read /no/such/file",)),
    ],
)
def test_a_start_that_fails_is_one_line(
    site: Any, pegboard: Any, command: str, settings: dict[str, str], text: str, words: tuple[str, ...]
) -> None:
    site.add("bad", BROKEN)
    (Path.cwd() / "pegboard.toml").write_text(text)
    arguments = {"serve": ["serve", "--port", "0"]}.get(command, [command])
    one_line(pegboard(*arguments, **settings), *words)


def test_debug_shows_the_trace(pegboard: Any) -> None:
    (Path.cwd() / "pegboard.toml").write_text("a = ")
    with pytest.raises(StartupError):
        pegboard("--debug", "config")


def test_a_port_in_use_is_one_line(pegboard: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        one_line(pegboard("serve", "--port", port), f"port {port}", "Address already in use", "--port")


def test_host_and_port_may_come_from_the_environment(pegboard: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.2", 0)) as taken:
        monkeypatch.setenv("API_HOST", "127.0.0.2")
        monkeypatch.setenv("API_PORT", str(taken.getsockname()[1]))
        one_line(pegboard("serve"), f"cannot listen on 127.0.0.2 port {taken.getsockname()[1]}")


def test_a_folder_that_cannot_be_made_is_one_line(pegboard: Any, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for arguments in (
        ["serve", "--port", "0", "--data", f"{tmp_path}/file/x"],
        ["--data", f"{tmp_path}/file/x", "config"],
    ):
        one_line(pegboard(*arguments), "cannot make the folder", "Not a directory")


def test_the_options_of_the_group_reach_every_command(site: Any, pegboard: Any, tmp_path: Path) -> None:
    site.add("good", GOOD)
    (tmp_path / "other.toml").write_text("[plugins.good]\ncolours = 8")
    ran = pegboard("--config", f"{tmp_path}/other.toml", "--data", f"{tmp_path}/made", "config", "--json")
    values = {v["path"]: v["shown"] for v in json.loads(ran.out)}
    assert (values["plugins.good.colours"], values["data"]) == ("8", f"{tmp_path}/made")
    assert (tmp_path / "made").is_dir()


def test_a_command_that_fails_is_one_line(site: Any, pegboard: Any) -> None:
    site.add("good", GOOD.replace("click.echo(f", "1 / 0; click.echo(f"))
    one_line(pegboard("greet", "ada"), "ZeroDivisionError", "--debug shows where")
