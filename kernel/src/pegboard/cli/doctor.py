"""``doctor``: try each step of what the app stands on, and print what mends it."""

import asyncio
import platform
import sys

import attrs
import click

from ..contracts import Probe, SandboxProvider
from ..problems import Problem, StartupError
from ..status import ping
from .inspect import print_json
from .session import Session
from .table import show


@attrs.frozen
class Finding:
    """One thing that was tried. `about` is the part that needs it."""

    about: str
    step: str
    works: bool
    why: str = ""
    fix: str = ""

    @classmethod
    def of(cls, about: str, probe: Probe) -> "Finding":
        return cls(about, probe.step, probe.works, probe.why, probe.fix)


def diagnose(session: Session, as_json: bool) -> None:
    """Print the findings; exit code 1 if the app could not start or a service does not work."""
    findings = [Finding("kernel", "Python", True, f"{platform.python_version()} on {sys.platform}")]
    try:
        findings += _settings_and_plugins(session)
        fatal = not all(finding.works for finding in findings)
        findings += _isolation(session)
        services = asyncio.run(_services(session))
        fatal = fatal or not all(finding.works for finding in services)
        findings += services
    except (StartupError, Problem) as error:
        findings.append(Finding("kernel", "start", False, str(error), "see the reason"))
        fatal = True
    if as_json:
        print_json([attrs.asdict(finding) for finding in findings])
    else:
        head = ("part", "step", "works", "why", "what mends it")
        show(head, [(f.about, f.step, "yes" if f.works else "no", f.why, f.fix) for f in findings])
    click.get_current_context().exit(1 if fatal else 0)


def _settings_and_plugins(session: Session) -> list[Finding]:
    loader = session.board.loader
    found = [Finding("kernel", "settings", True, f"{len(session.board.settings.values)} read")]
    for plugin in loader.plugins.values():
        fix = f"PEGBOARD_DISABLE={plugin.name} starts without it" if plugin.state == "quarantined" else ""
        why = f"{plugin.phase}: {plugin.reason}" if plugin.phase else f"{plugin.version} {plugin.state}".strip()
        found.append(Finding("plugin", plugin.name, plugin.state != "quarantined", why, fix))
    return found


def _isolation(session: Session) -> list[Finding]:
    """A step that does not work lowers the isolation; it is not fatal by itself."""
    return [
        Finding.of(provider.name, probe)
        for provider in session.board.registries[SandboxProvider]
        for probe in provider.probe()
    ]


async def _services(session: Session) -> list[Finding]:
    board = session.board
    async with board.running():
        checks = [await ping(board, offer) for offer in board.services.offers.values() if offer.ping]
    return [
        Finding(check.plugin, f"service {check.service}", check.works, check.detail, "" if check.works else "see why")
        for check in checks
    ]
