"""What a web console shows of uploads and schedules."""

from pegboard import Action, Collection, Column, Panel

FILES = Panel(
    "files",
    "What you sent for scripts to read",
    title="Files",
    content=Collection(
        "/api/files",
        (
            Column("Name", "/name"),
            Column("Size", "/size", "bytes"),
            Column("Type", "/content_type", "code"),
            Column("Sent", "/created_at", "time"),
            Column("SHA-256", "/sha256", "code"),
        ),
        items="",
        total="",
        name="/name",
        actions=(Action("Remove", "/api/files/{id}", "DELETE", confirm="Remove this file?", bulk=True),),
        empty="No files yet. A script that takes a file lets you choose one where you start it.",
    ),
    group="run",
    icon="files",
    order=40,
    scopes=("scripts:read",),
)

ONE = "/api/schedules/{id}"
SCHEDULES = Panel(
    "schedules",
    "Scripts that run by the clock",
    title="Schedules",
    content=Collection(
        "/api/schedules",
        (
            Column("Script", "/script_name"),
            Column("Time table", "/cron", "code"),
            Column("Time zone", "/timezone"),
            Column("Paused", "/paused"),
            Column("Next run", "/next_at", "time"),
            Column("Last run", "/last_at", "time"),
            Column("What kept it", "/last_error"),
        ),
        items="",
        total="",
        name="/script_name",
        actions=(
            Action("Pause", ONE, "PATCH", body={"paused": True}, unless={"/paused": (True,)}, bulk=True),
            Action("Resume", ONE, "PATCH", body={"paused": False}, when={"/paused": (True,)}, bulk=True),
            Action("Remove", ONE, "DELETE", confirm="Remove this schedule? What it started goes on.", bulk=True),
        ),
        empty="No schedules yet. A script's page has a part where it is said when it is to run.",
        refresh=15.0,
    ),
    group="run",
    icon="schedules",
    order=30,
    scopes=("scripts:read",),
    routes=("schedules.list",),
)
