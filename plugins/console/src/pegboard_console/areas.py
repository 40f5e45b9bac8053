"""The panels of this repository's own features that are drawn rather than listed."""

from collections.abc import Iterator

from pegboard import Module, Panel

AREAS = (
    (
        "endpoints",
        "Endpoints",
        "Code of yours that answers at an address",
        "build",
        10,
        "widgets:read",
        ("widgets.list",),
    ),
    (
        "integrations",
        "Integrations",
        "Data from other services, mapped into records",
        "build",
        20,
        "integrations:read",
        ("integrations.list",),
    ),
    ("records", "Records", "What integrations wrote, and their types", "build", 30, "shards:read", ("shards.list",)),
    ("scripts", "Scripts", "Programs to start with a form", "run", 10, "scripts:read", ("scripts.list",)),
    ("python", "Python", "Code of yours, run once in a jail", "run", 15, "code:execute", ("code.execute-python",)),
    ("jobs", "Jobs", "What runs and ran, with its output", "run", 20, "jobs:read", ("jobs.list",)),
    ("system", "System", "What this server is made of, and how it is", "system", 10, "", ("pegboard.plugins",)),
)
"""Scripts are started under a key that the plugin idempotency keeps: whoever lost the answer starts no second run."""


def panels(prefix: str) -> Iterator[Panel]:
    for name, title, summary, group, order, scope, routes in AREAS:
        yield Panel(
            name,
            summary,
            title=title,
            content=Module(f"{prefix}/modules/{name}.js"),
            group=group,
            icon=name,
            order=order,
            scopes=(scope,) if scope else (),
            routes=routes,
        )
