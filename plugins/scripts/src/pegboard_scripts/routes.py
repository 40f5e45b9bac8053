"""``/api/scripts``: which scripts there are."""

from collections.abc import Mapping, Sequence

from pegboard import Call, RouteSpec

from .registry import Scripts
from .shown import ScriptInfo, shown

TAGS = ("scripts",)


async def list_scripts(call: Call[None, None]) -> Mapping[str, Sequence[ScriptInfo]]:
    return shown(call.services.get(Scripts))


async def show_script(call: Call[None, None]) -> ScriptInfo:
    return ScriptInfo.of(call.services.get(Scripts).get(call.path["name"]))


ROUTES = (
    RouteSpec(
        "scripts.list",
        "/api/scripts",
        list_scripts,
        summary="The scripts, by category",
        tags=TAGS,
        scopes=("scripts:read",),
        result=dict[str, list[ScriptInfo]],
    ),
    RouteSpec(
        "scripts.show",
        "/api/scripts/{name}",
        show_script,
        summary="A script and its parameters",
        tags=TAGS,
        scopes=("scripts:read",),
        result=ScriptInfo,
    ),
)
