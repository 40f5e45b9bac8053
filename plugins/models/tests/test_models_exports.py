"""An export has every row once, in bounded memory, and nothing in it that a spreadsheet would run."""

import csv
import io
from decimal import Decimal
from importlib import import_module
from typing import Any

import orjson
import pytest

from pegboard_models.exporting import cell

shop = import_module("models_shop")

pytestmark = pytest.mark.anyio


async def many(desk: Any, number: int) -> None:
    async with desk.begin() as tx:
        items = [{"name": "Tea", "sku": f"S{n:04d}", "price": n, "stock": n} for n in range(number)]
        await tx.create_many(shop.Product, items)


async def test_lines_have_every_row_once(desk: Any) -> None:
    await many(desk, 2500)
    answer = await desk.call("GET", "/export", params={"filter": '{"stock": {"$lt": 2300}}'})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/x-ndjson")
    lines = [orjson.loads(line) for line in answer.content.splitlines()]
    assert [line["sku"] for line in lines] == [f"S{n:04d}" for n in range(2300)]
    assert not {"cost", "margin", "tenant"} & lines[0].keys()


async def test_a_table_has_no_formula_and_no_hidden_column(desk: Any) -> None:
    await desk.product(
        "=1+1", name='@a,"b"\nc', price="0.10", note="-2", weight=-1.5, featured=True, tags=["x"], cost=3
    )
    answer = await desk.call("GET", "/export?format=csv")
    assert answer.headers["content-disposition"] == 'attachment; filename="shop_products.csv"'
    [row] = csv.DictReader(io.StringIO(answer.text, newline=""))
    assert (row["sku"], row["name"], row["note"]) == ("'=1+1", '\'@a,"b"\nc', "'-2")
    assert (row["price"], row["weight"], row["featured"], row["tags"]) == ("0.10", "-1.5", "true", '["x"]')
    assert (row["size"], row["state"], row["created_at"][-1]) == ("", "draft", "Z")
    assert not {"cost", "margin", "tenant"} & row.keys()


async def test_an_export_of_nothing_has_its_names(desk: Any) -> None:
    assert (await desk.call("GET", "/export")).content == b""
    assert (await desk.call("GET", "/export?format=csv")).text.startswith("id,name,sku,")


async def test_an_export_that_cannot_be_is_a_problem(desk: Any) -> None:
    for path in ("?filter=7", "?format=xml", "?filter={%22cost%22:1}&format=csv", "?search=%00"):
        assert (await desk.call("GET", f"/export{path}")).status_code == 422, path


async def test_an_export_comes_in_parts(desk: Any) -> None:
    await many(desk, 2500)
    parts = []
    known = {"X-Test-Caller": orjson.dumps({"id": "ada", "tenant": desk.tenant, "scopes": ["*"]}).decode()}
    async with desk.client.stream("GET", "/api/v1/products/export", headers=known) as answer:
        async for part in answer.aiter_raw():
            parts.append(part.count(b"\n"))
    assert (sum(parts), max(parts)) == (2500, 1000)


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@x", "\tx", "\rx", "\nx"])
def test_what_could_be_a_formula_is_a_text(text: str) -> None:
    assert cell(text) == f"'{text}"


def test_numbers_stay_numbers() -> None:
    assert [cell(value) for value in (-1, -1.5, Decimal("-0.10"), True, None)] == ["-1", "-1.5", "-0.10", "true", ""]


async def test_an_export_takes_the_parameters_of_the_list(desk: Any) -> None:
    await desk.product("tea-1", state="live")
    await desk.product("tea-2")
    answer = await desk.call("GET", "/export?state=live")
    assert [orjson.loads(line)["sku"] for line in answer.content.splitlines()] == ["TEA-1"]
