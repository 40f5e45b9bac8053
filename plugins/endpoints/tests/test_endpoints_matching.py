"""Conditional changes: only into the revision that was read."""

from typing import Any

import pytest

pytestmark = pytest.mark.anyio


async def test_the_revision_is_the_etag_of_all_that_is_told_of_a_widget(desk: Any) -> None:
    created = await desk.call("POST", json=desk.draft())
    url = created.json()["id"]
    read = await desk.call("GET", url)
    changed = await desk.call("PATCH", url, json={"name": "B"})
    assert [got.headers["etag"] for got in (created, read, changed)] == ['"1"', '"1"', '"2"']


async def test_a_change_goes_into_the_revision_that_was_read(each: Any) -> None:
    widget = await each.save()
    first = await each.call("PATCH", widget["id"], json={"name": "B"}, headers={"If-Match": '"1"'})
    late = await each.call("PATCH", widget["id"], json={"name": "C"}, headers={"If-Match": '"1"'})
    assert (first.status_code, late.status_code) == (200, 412)
    assert (late.json()["error_code"], late.headers["etag"]) == ("WIDGET_CHANGED", '"2"')
    assert (await each.call("GET", widget["id"])).json()["name"] == "B"


async def test_a_late_delete_deletes_nothing(each: Any) -> None:
    widget = await each.save()
    await each.call("PATCH", widget["id"], json={"name": "B"})
    assert (await each.call("DELETE", widget["id"], headers={"If-Match": '"1"'})).status_code == 412
    assert (await each.call("DELETE", widget["id"], headers={"If-Match": '"2"'})).status_code == 204


@pytest.mark.parametrize("header", ["*", '"7", "1"'])
async def test_any_of_the_tags_will_do(desk: Any, header: str) -> None:
    widget = await desk.save()
    got = await desk.call("PATCH", widget["id"], json={"name": "B"}, headers={"If-Match": header})
    assert got.status_code == 200
