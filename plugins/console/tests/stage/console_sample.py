"""A third party's plugin: one panel of each kind, one that is broken, and titles that somebody hostile chose."""

from collections.abc import Iterator
from typing import Any, Literal

import attrs
from attrs.validators import ge, min_len
from starlette.responses import Response

from pegboard import (
    Action,
    Call,
    Collection,
    Column,
    Detail,
    FieldError,
    Form,
    Module,
    Panel,
    Problem,
    RouteSpec,
    Secret,
    Section,
    Settings,
    hookimpl,
)

HOSTILE = "<img src=x onerror=alert(1)>"

DRAWN = """
export function mount(element, context) {
  const heading = document.createElement("h1");
  heading.textContent = "Drawn";
  const place = document.createElement("p");
  const say = () => { place.textContent = `at ${context.path() || "the start"}`; };
  const button = document.createElement("button");
  button.className = "button";
  button.textContent = "Further";
  button.onclick = () => { context.navigate("/further"); context.notify("Moved", "good"); };
  element.append(heading, place, button);
  say();
  return context.watchPath(say);
}
"""
BROKEN = 'export function mount() { throw new Error("no pegs left"); }'


@attrs.frozen
class Peg:
    id: str
    colour: str
    length: int = 30
    state: str = "whole"
    note: str = ""


@attrs.frozen
class Round:
    """A round one."""

    radius: float = attrs.field(validator=ge(0))
    type: Literal["round"] = "round"


@attrs.frozen
class Square:
    """A square one."""

    side: float
    type: Literal["square"] = "square"


@attrs.frozen
class NewPeg:
    """What a peg is made of."""

    colour: str = attrs.field(validator=min_len(1), metadata={"help": "what it looks like"})
    length: int = attrs.field(default=30, validator=ge(1))
    state: Literal["whole", "broken"] = "whole"
    shape: Round | Square = attrs.field(factory=lambda: Round(1.0))
    labels: tuple[str, ...] = ()
    sizes: dict[str, int] = attrs.field(factory=dict)
    secret: Secret = Secret("")
    polished: bool = False
    note: str = ""


@attrs.frozen
class PegFilters:
    state: Literal["whole", "broken"] | None = None


@attrs.frozen
class PegQuery:
    page: int = 1
    per_page: int = 20
    sort: str = ""
    search: str = ""
    state: str = ""


@attrs.frozen
class Wish:
    text: str = attrs.field(validator=min_len(3))


PEGS: dict[str, Peg] = {str(n): Peg(str(n), f"colour {n:05}", n % 90 + 1) for n in range(10_000)}
PEGS["hostile"] = Peg("hostile", HOSTILE, 1, "broken", "<script>alert(2)</script>")


async def list_pegs(call: Call[None, PegQuery]) -> dict[str, Any]:
    asked = call.query
    found = [peg for peg in PEGS.values() if asked.search in peg.colour and asked.state in ("", peg.state)]
    if asked.sort:
        name, _, order = asked.sort.partition(":")
        if name not in ("colour", "length", "state"):
            raise Problem(422, "invalid-input", errors=[FieldError(f"cannot sort by {name}", "/sort")])
        found.sort(key=lambda peg: getattr(peg, name), reverse=order == "desc")
    start = (asked.page - 1) * asked.per_page
    return {"data": found[start : start + asked.per_page], "pagination": {"total_items": len(found)}}


async def list_all(call: Call[None, None]) -> dict[str, Any]:
    return {"data": list(PEGS.values())[:10_000]}


async def make_peg(call: Call[NewPeg, None]) -> Peg:
    if call.body.colour == "none":
        raise Problem(422, "invalid-input", "none is no colour", errors=[FieldError("is no colour", "/colour")])
    made = Peg(f"made{len(PEGS)}", call.body.colour, call.body.length, call.body.state, call.body.note)
    PEGS[made.id] = made
    return made


async def show_peg(call: Call[None, None]) -> Peg:
    try:
        return PEGS[call.path["id"]]
    except KeyError:
        raise Problem(404, "peg-not-found", f"there is no peg {call.path['id']}") from None


async def remove_peg(call: Call[None, None]) -> None:
    PEGS.pop(call.path["id"], None)


async def mend_peg(call: Call[None, None]) -> Peg:
    PEGS[call.path["id"]] = attrs.evolve(PEGS[call.path["id"]], state="whole")
    return PEGS[call.path["id"]]


async def wish(call: Call[Wish, None]) -> Wish:
    return call.body


async def script(call: Call[None, None]) -> Response:
    text = DRAWN if call.path["name"] == "drawn.js" else BROKEN
    return Response(text, media_type="text/javascript")


@hookimpl
def pegboard_routes(settings: Settings) -> Iterator[RouteSpec]:
    kind: Any = dict[str, Any]
    yield RouteSpec("sample.list", "/sample/pegs", list_pegs, query=PegQuery, result=kind)
    yield RouteSpec("sample.all", "/sample/all", list_all, result=kind)
    yield RouteSpec("sample.make", "/sample/pegs", make_peg, ("POST",), body=NewPeg, result=Peg, status=201)
    yield RouteSpec("sample.show", "/sample/pegs/{id}", show_peg, result=Peg)
    yield RouteSpec("sample.remove", "/sample/pegs/{id}", remove_peg, ("DELETE",), status=204)
    yield RouteSpec("sample.mend", "/sample/pegs/{id}/mend", mend_peg, ("POST",), result=Peg)
    yield RouteSpec("sample.wish", "/sample/wishes", wish, ("POST",), body=Wish, result=Wish)
    yield RouteSpec("sample.module", "/sample/modules/{name}", script, anonymous=True)


@hookimpl
def pegboard_panels(settings: Settings) -> Iterator[Panel]:
    columns = (
        Column("Colour", "/colour", sortable=True),
        Column("Length", "/length", "number", sortable=True),
        Column("State", "/state", "state"),
    )
    pegs = Collection(
        "/sample/pegs",
        columns,
        name="/colour",
        search="search",
        filters=PegFilters,
        create=Form("New peg", "/sample/pegs", NewPeg),
        detail=Detail("/sample/pegs/{id}", columns=(Column("Note", "/note"),), sections=(Section("All of it", ""),)),
        actions=(
            Action("Remove", "/sample/pegs/{id}", "DELETE", confirm="Remove this peg?", bulk=True),
            Action("Mend", "/sample/pegs/{id}/mend", when={"/state": ("broken",)}),
        ),
        empty="No pegs yet: make one, and hang something on it.",
    )
    every = Collection("/sample/all", columns, name="/colour", total="")
    group: Any = {"group": "sample"}
    yield Panel("pegs", "All pegs of the board", title="Pegs", content=pegs, order=1, **group)
    yield Panel("all-pegs", "Ten thousand at once", title="All pegs", content=every, order=2, **group)
    yield Panel("wish", "A wish of yours", title="Wish", content=Form("Wish", "/sample/wishes", Wish), order=3, **group)
    yield Panel("drawn", "Drawn by a module", title="Drawn", content=Module("/sample/modules/drawn.js"), **group)
    yield Panel("broken", "A module that fails", title="Broken", content=Module("/sample/modules/broken.js"), **group)
    yield Panel("hostile", HOSTILE, title=HOSTILE, content=Module("/sample/modules/missing"), **group)
    yield Panel("absent", "Its route is not served", title="Absent", content=pegs, routes=("nothing.list",), **group)
