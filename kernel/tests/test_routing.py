"""Routes made at run time: found as a naive matcher finds them, added and removed at once, never ambiguous."""

import asyncio
import gc
import random
import weakref
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.responses import PlainTextResponse

from pegboard import Call, MountSpec, Principal, Problem, RouteSpec, RouteTable, create_app, hookimpl
from pegboard.templates import Template
from pegboard.testing import client

pytestmark = pytest.mark.anyio


async def answer(call: Call[Any, Any]) -> Any:
    return {"path": call.request.url.path, "values": dict(call.path)}


def spec(path: str, **more: Any) -> RouteSpec:
    return RouteSpec("made.route", path, answer, **{"anonymous": True, **more})


def table(*paths: str, fixed: Sequence[tuple[str, str]] = ()) -> RouteTable:
    made = RouteTable(lambda s, owner: PlainTextResponse(s.path), fixed)
    for path in paths:
        made.add(spec(path), "tests")
    return made


def found(made: RouteTable, path: str) -> tuple[str, dict[str, str]] | None:
    match = made.find(path)
    return (match[0].template.path, match[1]) if match else None


def rank(segment: str) -> int:
    return 2 if segment.endswith(":path}") else 1 if segment.startswith("{") else 0


def matched(template: str, path: str) -> dict[str, str] | None:
    """The values with which one template matches, by comparing segment by segment."""
    wanted, given_ = template.split("/")[1:], path.split("/")[1:]
    if rank(wanted[-1]) == 2:
        if len(given_) < len(wanted):
            return None
        given_ = [*given_[: len(wanted) - 1], "/".join(given_[len(wanted) - 1 :])]
    if len(wanted) != len(given_):
        return None
    values = {}
    for want, got in zip(wanted, given_, strict=True):
        if rank(want) == 0 and want != got:
            return None
        if rank(want) == 1 and not got:
            return None
        if rank(want):
            values[want.strip("{}").partition(":")[0]] = got
    return values


def naive(templates: Sequence[str], path: str) -> tuple[str, dict[str, str]] | None:
    """Look at every template; literal before parameter before rest, from the left."""
    hits = [(template, values) for template in templates if (values := matched(template, path)) is not None]
    return min(hits, key=lambda hit: [rank(segment) for segment in hit[0].split("/")[1:]], default=None)


LITERAL = st.sampled_from(["a", "b", "c.d", "~"])


@st.composite
def templates(draw: st.DrawFn) -> str:
    """Parameters are named by their place, so that two templates of one shape are one."""
    steps = draw(st.lists(st.one_of(LITERAL, st.just("{}")), min_size=1, max_size=4))
    named = ["{" + f"p{index}" + "}" if step == "{}" else step for index, step in enumerate(steps)]
    rest = ["{rest:path}"] if draw(st.booleans()) and len(named) < 4 else []
    return "/" + "/".join([*named, *rest])


PATHS = st.lists(st.one_of(LITERAL, st.sampled_from(["x", ""])), min_size=1, max_size=6).map(
    lambda s: "/" + "/".join(s)
)


@given(st.lists(templates(), unique=True, max_size=12), st.lists(PATHS, max_size=12))
def test_it_finds_what_a_naive_matcher_finds(given_: list[str], paths: list[str]) -> None:
    made = table(*given_)
    assert len(made) == len(given_)
    for path in [*paths, *given_]:
        assert found(made, path) == naive(given_, path)


@given(st.lists(templates(), unique=True, min_size=1, max_size=12), st.data())
def test_what_is_removed_leaves_the_others_as_they_were(given_: list[str], data: st.DataObject) -> None:
    gone = data.draw(st.lists(st.sampled_from(given_), unique=True))
    left = [template for template in given_ if template not in gone]
    made = table(*given_)
    assert [made.remove(template) for template in gone] == [True] * len(gone)
    assert [made.remove(template) for template in gone] == [False] * len(gone)
    for path in given_:
        assert found(made, path) == naive(left, path)
    for template in gone:
        made.add(spec(template), "tests")
    assert len(made) == len(given_)


@given(templates(), templates())
def test_overlapping_is_what_it_says(one: str, other: str) -> None:
    first, second = Template.parse(one), Template.parse(other)
    assert first.overlaps(second) == second.overlaps(first)
    if any(naive([one], path) and naive([other], path) for path in (one, other, filled(one, other))):
        assert first.overlaps(second)


def filled(one: str, other: str) -> str:
    """An address made of both: literals of either win over parameters."""
    mine, theirs = one.split("/"), other.split("/")
    longest = max(len(mine), len(theirs))
    pick = [next((s for s in (mine[i : i + 1] + theirs[i : i + 1]) if rank(s) == 0), "x") for i in range(longest)]
    return "/".join(pick)


def test_among_a_hundred_thousand_each_is_found() -> None:
    made, one = table("/public/{kind}/{id}/about", "/files/{p:path}"), spec("/public/widgets/{id}/execute")
    for n in range(100_000):
        made.add(one, "tests", path=f"/public/widgets/{n}/execute")
    for n in random.Random(7).sample(range(100_000), 500):
        assert found(made, f"/public/widgets/{n}/execute") == (f"/public/widgets/{n}/execute", {})
    assert found(made, "/public/widgets/100000/execute") is None
    assert found(made, "/public/widgets/5/about") == ("/public/{kind}/{id}/about", {"kind": "widgets", "id": "5"})
    assert found(made, "/files/a/b") == ("/files/{p:path}", {"p": "a/b"})
    assert len(made) == 100_002


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("a", 'must start with "/"'),
        ("/a b", "'a b' is neither plain text nor one {parameter}"),
        ("/a//b", "'' is neither"),
        ("/a/", "'' is neither"),
        ("/a/../b", "'..' is neither"),
        ("/a/{x}y", "'{x}y' is neither"),
        ("/{x:path}/b", "'{x:path}' is neither"),
        ("/{x:int}", "'{x:int}' is neither"),
        ("/{x}/{x}", "names a parameter twice"),
        ("/a?b=1", "'a?b=1' is neither"),
    ],
)
def test_what_is_no_path_is_refused_with_its_segment(path: str, words: str) -> None:
    with pytest.raises(Problem) as refused:
        table().check(path)
    assert (refused.value.status, refused.value.code) == (422, "invalid-path")
    assert words in refused.value.detail


def test_the_root_is_a_path() -> None:
    assert found(table("/"), "/") == ("/", {})


@pytest.mark.parametrize(
    ("fixed", "path"),
    [
        ("/things/{id}", "/things/7"),
        ("/things/7", "/things/{id}"),
        ("/things/{id:int}", "/things/abc"),
        ("/files/{rest:path}", "/files/a/b/c"),
        ("/a/{x}/c", "/{y}/b/{z}"),
        ("/x-{id}", "/x-7"),
        ("/{all:path}", "/anything/at/all"),
    ],
)
def test_a_path_that_a_fixed_route_may_match_is_taken(fixed: str, path: str) -> None:
    with pytest.raises(Problem) as refused:
        table(fixed=[(fixed, "things.one")]).check(path)
    assert (refused.value.status, refused.value.code) == (409, "path-taken")
    assert refused.value.detail == f"{path} is also matched by the route {fixed} (things.one)"


def test_a_path_is_added_once_whatever_its_parameters_are_called() -> None:
    made = table("/a/b", "/a/{x}", "/a/{x}/{rest:path}")
    for path, holder in {"/a/b": "/a/b", "/a/{y}": "/a/{x}", "/a/{z}/{r:path}": "/a/{x}/{rest:path}"}.items():
        with pytest.raises(Problem) as refused:
            made.check(path)
        assert (refused.value.status, refused.value.detail) == (409, f"{path} is taken by {holder} (tests)")


def test_what_is_removed_is_forgotten() -> None:
    made = table()
    route = spec("/a")
    alive = weakref.ref(route)
    made.add(route, "tests")
    made.remove("/a")
    del route
    gc.collect()
    assert alive() is None, "a table whose routes come and go grows for ever"


def test_one_spec_serves_many_addresses_by_one_application() -> None:
    made: list[Any] = []

    def serve(s: RouteSpec, owner: str) -> Any:
        made.append(PlainTextResponse(s.path))
        return made[-1]

    routes, one = RouteTable(serve), spec("/one/{id}")
    for n in range(3):
        routes.add(one, "tests", path=f"/alias-{n}", bound={"id": str(n)})
    assert len(made) == 1


@hookimpl
def pegboard_routes(settings: Any) -> Any:
    yield RouteSpec("things.one", "/things/{id}", answer, methods=("GET", "PUT"), anonymous=True, summary="One")
    yield RouteSpec("things.list", "/things/list", answer, anonymous=True, summary="All")
    yield RouteSpec(
        "things.make", "/things/list", answer, methods=("POST",), anonymous=True, summary="Make", status=201
    )
    yield MountSpec("things.files", "/files", PlainTextResponse("a file"), summary="Files")


def app() -> Any:
    return create_app(plugins={"things": SimpleNamespace(pegboard_routes=pegboard_routes)}, environ={}, installed=False)


async def test_a_route_is_served_from_the_next_request_on_and_no_longer() -> None:
    async with client(app()) as api:
        routes = api.app.state.board.services.get(RouteTable)  # type: ignore[attr-defined]
        assert (await api.get("/made/7")).status_code == 404
        routes.add(spec("/made/{id}", methods=("GET", "POST")), "tests")
        assert (await api.get("/made/7?q=1")).json() == {"path": "/made/7", "values": {"id": "7"}}
        assert (await api.head("/made/7")).status_code == 200
        refused = await api.delete("/made/7")
        assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD, POST")
        assert refused.json()["type"] == "urn:pegboard:problem:method-not-allowed"
        assert routes.remove("/made/{id}")
        assert (await api.get("/made/7")).status_code == 404


async def test_a_route_under_way_ends_although_it_is_removed() -> None:
    entered, release = asyncio.Event(), asyncio.Event()

    async def slow(call: Call[Any, Any]) -> Any:
        entered.set()
        await release.wait()
        return "done"

    async with client(app()) as api:
        routes = api.app.state.board.services.get(RouteTable)  # type: ignore[attr-defined]
        routes.add(RouteSpec("slow", "/slow", slow, anonymous=True), "tests")
        under_way = asyncio.create_task(api.get("/slow"))
        await entered.wait()
        routes.remove("/slow")
        release.set()
        assert (await under_way).json() == "done"


async def test_values_that_a_path_is_bound_to_are_path_values() -> None:
    async with client(app()) as api:
        routes = api.app.state.board.services.get(RouteTable)  # type: ignore[attr-defined]
        routes.add(spec("/rows/{id}"), "tests", path="/nice-name", bound={"id": "7"})
        assert (await api.get("/nice-name")).json()["values"] == {"id": "7"}


async def test_what_others_changed_is_applied_before_a_look_up() -> None:
    async with client(app()) as api:
        routes = api.app.state.board.services.get(RouteTable)  # type: ignore[attr-defined]
        changes = [spec("/late")]
        routes.watch(lambda: routes.add(changes.pop(), "tests") if changes else None)
        assert (await api.get("/late")).status_code == 200


@pytest.mark.parametrize("path", ["/things/{x}", "/things/7", "/files/a", "/-/health", "/-/anything"])
async def test_the_apps_own_paths_cannot_be_taken(path: str) -> None:
    board = app().state.board
    with pytest.raises(Problem, match="is also matched by"):
        board.services.get(RouteTable).check(path)


async def test_fixed_routes_prefer_literals_and_tell_methods_apart() -> None:
    async with client(app()) as api:
        assert (await api.get("/things/list")).json()["values"] == {}
        assert (await api.get("/things/7")).json()["values"] == {"id": "7"}
        assert (await api.post("/things/list")).status_code == 201
        assert (await api.head("/things/list")).status_code == 200
        refused = await api.delete("/things/list")
        assert (refused.status_code, sorted(refused.headers["allow"].split(", "))) == (405, ["GET", "HEAD", "POST"])
        assert (await api.get("/files/x")).text == "a file"
        missing = await api.get("/nowhere")
        assert (missing.status_code, missing.json()["detail"]) == (404, "there is nothing at /nowhere")


def test_two_plugins_cannot_have_one_route() -> None:
    def routes(*specs: RouteSpec) -> Any:
        @hookimpl
        def pegboard_routes(settings: Any) -> Any:
            return list(specs)

        return SimpleNamespace(pegboard_routes=pegboard_routes)

    first = routes(RouteSpec("a.one", "/a/{id}", answer, methods=("GET", "PUT")))
    same_path = routes(RouteSpec("b.one", "/a/{name}", answer, methods=("PUT",)))
    same_name = routes(RouteSpec("a.one", "/c", answer))
    other_method = routes(RouteSpec("d.one", "/a/{name}", answer, methods=("DELETE",)))
    made = create_app(
        plugins={"a": first, "b": same_path, "c": same_name, "d": other_method}, environ={}, installed=False
    )
    plugins = made.state.board.loader.plugins
    assert plugins["d"].state == "active"
    assert (
        'route b.one (PUT /a/{name}) of plugin "b" is taken by a.one (GET PUT /a/{id}) of plugin "a"'
        in plugins["b"].reason
    )
    assert 'route a.one (GET /c) of plugin "c" is taken by a.one' in plugins["c"].reason


async def test_run_time_routes_are_described_as_far_as_a_caller_may_know() -> None:
    async def described(principal: Principal | None) -> Any:
        yield spec("/public")
        if principal is not None:
            yield spec(f"/{principal.tenant}")

    made = table()
    made.describe(described)
    assert [s.path async for s in made.catalog(None)] == ["/public"]
    assert [s.path async for s in made.catalog(Principal("1", "acme"))] == ["/public", "/acme"]
