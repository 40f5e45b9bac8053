"""``doctor``: try each step of what the app stands on, and print what mends it."""

import asyncio
import platform
import sys

import attrs
import click

from ..diagnosis import Finding, isolation, services
from ..problems import Problem, StartupError
from .inspect import print_json
from .session import Session
from .table import show


def diagnose(session: Session, as_json: bool) -> None:
    """Print the findings; exit code 1 if the app could not start or a service does not work."""
    findings = [Finding("kernel", "Python", True, f"{platform.python_version()} on {sys.platform}")]
    try:
        findings += _settings_and_plugins(session)
        fatal = not all(finding.works for finding in findings)
        findings += isolation(session.board)  # what does not work lowers the isolation; it is not fatal by itself
        checked = asyncio.run(_services(session))
        fatal = fatal or not all(finding.works for finding in checked)
        findings += checked
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


async def _services(session: Session) -> list[Finding]:
    async with session.board.running():
        return await services(session.board)
