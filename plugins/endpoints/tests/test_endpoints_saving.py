"""Creating, listing, reading, changing and deleting widgets, on both databases."""

import asyncio
from datetime import datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from pegboard.testing import answer

pytestmark = pytest.mark.anyio


async def test_a_created_widget_is_answered_whole(each: Any) -> None:
    draft = each.draft("return 1", data={"params": {"period": "weekly"}, "refresh_interval": 300})
    created = await each.call("POST", json=draft)
    widget = created.json()
    assert created.status_code == 201
    assert widget["id"].startswith("widget_")
    assert widget["execute_url"] == f"/public/widgets/{widget['id']}/execute"
    assert {name: widget[name] for name in ("name", "project_id", "endpoint")} == {
        name: draft[name] for name in ("name", "project_id", "endpoint")
    }
    assert widget["endpoint_data"] == draft["endpoint_data"] | {"headers": {}, "sandbox": None}
    assert (widget["size"], widget["description"], widget["public"]) == ("medium", "", False)
    assert (widget["path"], widget["methods"], widget["revision"]) == (None, ["GET"], 1)
    assert datetime.fromisoformat(widget["created_at"]).utcoffset() is not None


async def test_a_widget_is_read_as_it_was_answered(each: Any) -> None:
    widget = await each.save(description="Größe: ½ 🚀", size="extra_large")
    read = await each.call("GET", widget["id"])
    assert (read.status_code, read.json()) == (200, widget)
    assert read.json()["description"] == "Größe: ½ 🚀"


@pytest.mark.parametrize("size", ["small", "medium", "large", "extra_large"])
async def test_each_size_can_be_had(desk: Any, size: str) -> None:
    assert (await desk.save(size=size))["size"] == size


async def test_ids_are_not_given_twice_or_guessed(desk: Any) -> None:
    ids = {(await desk.save())["id"] for _ in range(10)}
    assert len(ids) == 10
    assert all(len(set(one)) > 8 for one in ids)


async def test_lists_are_paged(each: Any) -> None:
    names = [f"w{number:02}" for number in range(7)]
    for name in names:
        await each.save(name=name)
    seen = []
    for page, (following, previous) in enumerate([(True, False), (True, True), (False, True)], 1):
        answer = (await each.call("GET", f"?page={page}&per_page=3&sort=name:asc")).json()
        assert answer["pagination"] == {
            "page": page,
            "per_page": 3,
            "total_items": 7,
            "total_pages": 3,
            "has_next": following,
            "has_previous": previous,
        }
        seen += [widget["name"] for widget in answer["data"]]
    assert seen == names


async def test_a_list_beyond_its_end_is_empty(each: Any) -> None:
    await each.save()
    answer = (await each.call("GET", "?page=9")).json()
    assert answer["data"] == []
    assert (answer["pagination"]["has_next"], answer["pagination"]["has_previous"]) == (False, True)


async def test_a_list_of_nothing_has_no_pages(each: Any) -> None:
    answer = (await each.call("GET")).json()
    assert answer["data"] == []
    assert answer["pagination"]["total_pages"] == 0


async def test_lists_are_newest_first_and_twenty_long_unless_asked_otherwise(each: Any) -> None:
    saved = [(await each.save())["id"] for _ in range(22)]
    answer = (await each.call("GET")).json()
    assert [widget["id"] for widget in answer["data"]] == saved[:1:-1]
    assert answer["pagination"]["per_page"] == 20


async def test_lists_are_sorted_by_several_columns(each: Any) -> None:
    for name, size in (("b", "small"), ("a", "large"), ("a", "medium"), ("c", "large")):
        await each.save(name=name, size=size)
    answer = (await each.call("GET", "?sort=name:asc,created_at:desc")).json()
    assert [(w["name"], w["size"]) for w in answer["data"]] == [
        ("a", "medium"),
        ("a", "large"),
        ("b", "small"),
        ("c", "large"),
    ]
    back = (await each.call("GET", "?sort=size,name:desc")).json()
    assert [w["name"] for w in back["data"]] == ["c", "a", "a", "b"]


async def test_lists_can_be_of_one_project(each: Any) -> None:
    await each.save(project_id="one")
    await each.save(project_id="two")
    answer = (await each.call("GET", "?project_id=two")).json()
    assert [widget["project_id"] for widget in answer["data"]] == ["two"]
    assert answer["pagination"]["total_items"] == 1


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("per_page=101", "/per_page"),
        ("per_page=0", "/per_page"),
        ("page=0", "/page"),
        ("page=two", "/page"),
        ("sort=logic:asc", "/sort"),
        ("sort=name:down", "/sort"),
        ("sort=name;drop table", "/sort"),
        ("color=red", "/color"),
        ("page=1&page=2", "/page"),
        ("project_id=a%00b", "/project_id"),
    ],
)
async def test_a_list_says_what_is_wrong_with_its_query(each: Any, query: str, pointer: str) -> None:
    refused = await each.call("GET", f"?{query}")
    assert refused.status_code == 422, refused.text
    assert [error["pointer"] for error in refused.json()["errors"]] == [pointer]


@pytest.mark.parametrize(
    "patch",
    [
        {"name": "New"},
        {"size": "small", "description": "smaller"},
        {"public": True},
        {"path": "/e/patched/{region}", "methods": ["GET", "POST"]},
        {"project_id": "p2"},
        {"endpoint_data": {"params": {"a": [1, 2.5, True, "x"]}}},
        {"endpoint_data": {"refresh_interval": 0.5}},
        {},
    ],
)
async def test_a_patch_changes_what_it_names_and_nothing_else(each: Any, patch: dict[str, Any]) -> None:
    before = await each.save(data={"params": {"keep": "me"}})
    patch = {**patch, **({"path": f"/e/{each.tenant}/{{region}}"} if "path" in patch else {})}
    answer = await each.call("PATCH", before["id"], json=patch)
    after = answer.json()
    assert answer.status_code == 200, answer.text
    expected = before | patch | {"endpoint_data": before["endpoint_data"] | patch.get("endpoint_data", {})}
    changed = {"revision": 2, "updated_at": after["updated_at"]}
    assert after == expected | changed
    assert after["updated_at"] > before["updated_at"]
    assert (await each.call("GET", before["id"])).json() == after


async def test_a_patch_takes_null_as_the_default_again(each: Any) -> None:
    before = await each.save(description="long", size="large", path=f"/e/{each.tenant}", data={"refresh_interval": 9})
    nulls = {"description": None, "size": None, "path": None, "endpoint_data": {"refresh_interval": None}}
    after = (await each.call("PATCH", before["id"], json=nulls)).json()
    assert (after["description"], after["size"], after["path"]) == ("", "medium", None)
    assert after["endpoint_data"]["refresh_interval"] == 0
    assert after["endpoint_data"]["logic"] == before["endpoint_data"]["logic"]


async def test_a_patch_of_upstream_and_logic_is_executed_at_once(each: Any) -> None:
    widget = await each.save("return 'old'", data={"refresh_interval": 300})
    assert (await each.execute(widget)).json() == "old"
    new = {"endpoint": each.url(answer(json=5)), "endpoint_data": {"logic": "def process_data(d, r, u): return d + 1"}}
    assert (await each.call("PATCH", widget["id"], json=new)).status_code == 200
    assert (await each.execute(widget)).json() == 6


async def test_writers_at_the_same_time_do_not_lose_each_others_changes(each: Any) -> None:
    widget = await each.save()
    patches = [{"name": "new"}, {"description": "new"}, {"size": "small"}, {"project_id": "new"}]
    answers = await asyncio.gather(*(each.call("PATCH", widget["id"], json=patch) for patch in patches))
    after = (await each.call("GET", widget["id"])).json()
    for patch, got in zip(patches, answers, strict=True):
        assert got.status_code in (200, 409), got.text
        if got.status_code == 409:
            assert got.json()["error_code"] == "WIDGET_CHANGED"
        else:
            assert after | patch == after
    assert after["revision"] == 1 + sum(got.status_code == 200 for got in answers)
    assert after["revision"] > 1


async def test_a_deleted_widget_is_gone_at_once(each: Any) -> None:
    widget = await each.save(data={"refresh_interval": 300})
    assert (await each.execute(widget)).status_code == 200
    deleted = await each.call("DELETE", widget["id"])
    assert (deleted.status_code, deleted.content) == (204, b"")
    for method, path in (("GET", ""), ("PATCH", ""), ("DELETE", ""), ("GET", "/execute")):
        gone = await each.call(method, widget["id"] + path, **({"json": {}} if method == "PATCH" else {}))
        assert gone.status_code == 404, (method, path)
        assert gone.json()["error_code"] == "WIDGET_NOT_FOUND"
    assert (await each.call("GET")).json()["data"] == []


@pytest.mark.parametrize(
    "unknown", ["widget_0", "nonsense", "%00", "widget_%00", "%F0%9F%9A%80", "a" * 3000, "..", "%2e%2e"]
)
async def test_an_id_that_nobody_has_is_404(each: Any, unknown: str) -> None:
    for method, path in (("GET", ""), ("DELETE", ""), ("GET", "/execute")):
        assert (await each.call(method, unknown + path)).status_code in (404, 405), (method, path)
    assert (await each.call("GET", f"{unknown}/execute")).status_code == 404


async def test_another_tenants_widget_is_404_for_everything(each: Any) -> None:
    widget = await each.save()
    stranger = each.of("stranger")
    answers = [
        await stranger.call("GET", widget["id"]),
        await stranger.call("PATCH", widget["id"], json={"name": "mine"}),
        await stranger.call("DELETE", widget["id"]),
        await stranger.execute(widget),
    ]
    assert [answer.status_code for answer in answers] == [404] * 4
    absent = await stranger.call("GET", "widget_00000000000000000000")
    assert answers[0].json() | {"detail": ""} == absent.json() | {"detail": ""}
    assert (await stranger.call("GET")).json()["data"] == []
    assert (await each.call("GET", widget["id"])).json() == widget


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=50)
VALUES = st.one_of(TEXT, st.integers(-(2**53), 2**53), st.booleans(), st.floats(-1e9, 1e9))


# no shrinking: it would take minutes over HTTP and two databases
@settings(
    max_examples=25, deadline=None, phases=[Phase.generate], suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    name=TEXT,
    project=TEXT,
    description=TEXT,
    params=st.dictionaries(TEXT, st.one_of(VALUES, st.lists(VALUES, max_size=3)), max_size=3),
)
async def test_whatever_is_saved_is_read_back(
    each: Any, name: str, project: str, description: str, params: dict[str, Any]
) -> None:
    widget = await each.save(name=name, project_id=project, description=description, data={"params": params})
    read = (await each.call("GET", widget["id"])).json()
    assert (read["name"], read["project_id"], read["description"]) == (name, project, description)
    assert read["endpoint_data"]["params"] == params
    assert read == widget


async def test_widgets_are_found_by_their_words(each: Any) -> None:
    for number, (name, description, path) in enumerate(
        [
            ("Sales of May", "", None),
            ("Other", "what SALES came to", None),
            ("Third", "", "/e/found-sales"),
            ("100%", "", None),
        ]
    ):
        own = f"{path}-{each.tenant}-{number}" if path else None
        await each.save(name=name, description=description, path=own)
    found = (await each.call("GET", "?search=sales&sort=name:asc")).json()["data"]
    assert [widget["name"] for widget in found] == ["Other", "Sales of May", "Third"]
    assert [widget["name"] for widget in (await each.call("GET", "?search=%25")).json()["data"]] == ["100%"]
