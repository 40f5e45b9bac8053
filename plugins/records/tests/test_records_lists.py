"""Lists: filters, order, parts; the same on both databases."""

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest

pytestmark = pytest.mark.anyio


@pytest.fixture
async def people(desk: Any) -> Any:
    await desk.type()
    await desk.shard("1", name="Ada", age=36, score=1.5, active=True, mixed=["x", "7"], email="ada@example.com")
    await desk.shard("2", name="Bob", age=20, score=2, active=False, mixed=["y", 7, True])
    await desk.shard("3", name="ada", age=None, extra={"a": 1})
    return desk


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"name": "Ada"}, "1"),
        ({"name": {"ne": "Ada"}}, "23"),
        ({"name": {"gt": "Bob"}}, "3"),
        ({"name": {"in": ["Ada", "ada"]}}, "13"),
        ({"name": {"contains": "da"}}, "13"),
        ({"name": {"contains": "%"}}, ""),
        ({"name": "' OR 1=1 --"}, ""),
        ({"age": 36}, "1"),
        ({"age": {"gt": 20}}, "1"),
        ({"age": {"ge": 20, "lt": 36}}, "2"),
        ({"age": {"ne": 36}}, "23"),
        ({"age": None}, "3"),
        ({"age": {"ne": None}}, "12"),
        ({"score": {"in": [1.5, 2]}}, "12"),
        ({"score": 2.0}, "2"),
        ({"active": True}, "1"),
        ({"active": {"ne": True}}, "23"),
        ({"mixed": {"contains": "x"}}, "1"),
        ({"mixed": {"contains": "7"}}, "1"),
        ({"mixed": {"contains": 7}}, "2"),
        ({"mixed": {"contains": True}}, "2"),
        ({"mixed": None}, "3"),
        ({"extra": {"ne": None}}, "3"),
        ({"name": "Ada", "age": {"lt": 30}}, ""),
    ],
)
async def test_a_filter_finds(people: Any, asked: Any, found: str) -> None:
    listed = await people.listed(type="c_contact", filter=orjson.dumps(asked).decode(), sort="externalId")
    assert listed == list(found)


@pytest.mark.parametrize(
    ("asked", "pointer"),
    [
        ('{"nam": 1}', "/filter/nam"),
        ('{"name": {"like": "x"}}', "/filter/name/like"),
        ('{"name": 1}', "/filter/name/eq"),
        ('{"age": {"gt": "1"}}', "/filter/age/gt"),
        ('{"age": {"in": []}}', "/filter/age/in"),
        ('{"age": {"contains": 1}}', "/filter/age/contains"),
        ('{"extra": {"gt": 1}}', "/filter/extra/gt"),
        ('{"active": 1}', "/filter/active/eq"),
        ("{", "/filter"),
        ("[]", "/filter"),
    ],
)
async def test_a_filter_that_cannot_be_is_refused_at_its_place(people: Any, asked: str, pointer: str) -> None:
    refused = await people.call("GET", "", params={"type": "c_contact", "filter": asked})
    assert refused.status_code == 422
    assert [error["pointer"] for error in refused.json()["errors"]] == [pointer]


@pytest.mark.parametrize(
    ("part", "found"),
    [("da", "13"), ("ADA", "13"), ("example", "1"), ("%", ""), ("' OR 1=1", ""), ("2", "2"), ("36", "")],
)
async def test_a_search_finds_parts_of_texts_and_external_ids(people: Any, part: str, found: str) -> None:
    assert await people.listed(type="c_contact", search=part, sort="externalId") == list(found)


async def test_a_search_without_a_type_looks_at_external_ids(people: Any) -> None:
    assert await people.listed(search="3") == ["3"]
    assert await people.listed(search="ada") == []


async def test_a_filter_needs_a_type(people: Any) -> None:
    assert (await people.call("GET", "", params={"filter": '{"name": "Ada"}'})).status_code == 422


async def test_values_of_another_type_than_the_field_has_now_match_nothing(people: Any) -> None:
    fields = [{"name": "name", "type": "number"}, {"name": "age", "type": "text"}]
    assert (await people.call("PATCH", "/api/v1/shard-types/c_contact", json={"fields": fields})).status_code == 200
    assert await people.listed(type="c_contact", filter='{"name": {"gt": 0}}') == []
    assert await people.listed(type="c_contact", filter='{"age": "36"}') == []
    assert len(await people.listed(type="c_contact", sort="data.name")) == 3


async def test_the_order_is_as_asked_and_what_is_not_there_comes_last(people: Any) -> None:
    assert await people.listed(type="c_contact", sort="data.age") == ["2", "1", "3"]
    assert await people.listed(type="c_contact", sort="data.age:desc") == ["1", "2", "3"]
    assert await people.listed(type="c_contact", sort="data.name:desc") == ["3", "2", "1"]
    assert await people.listed() == ["3", "2", "1"]
    assert (await people.call("GET", "?sort=data.nothing&type=c_contact")).status_code == 422


async def test_a_list_comes_in_parts_with_its_total(people: Any) -> None:
    found = (await people.call("GET", "?sort=externalId&limit=1&offset=1")).json()
    assert [shard["externalId"] for shard in found.pop("shards")] == ["2"]
    assert found == {"total": 3, "limit": 1, "offset": 1}
    assert (await people.call("GET", "?limit=1001")).status_code == 422


async def test_one_is_found_by_its_external_id(people: Any) -> None:
    assert await people.listed(externalId="2") == ["2"]
    assert await people.listed(type="c_contact", externalId="no") == []


async def test_what_was_deleted_is_listed_where_it_is_asked_for(people: Any) -> None:
    shard = (await people.call("GET", "?externalId=2")).json()["shards"][0]
    since = datetime.now(UTC).isoformat()
    await people.call("DELETE", f"/{shard['id']}")
    assert await people.listed() == ["3", "1"]
    assert await people.listed(includeDeleted=True, updatedSince=since) == ["2"]
    later = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    assert await people.listed(includeDeleted=True, updatedSince=later) == []
