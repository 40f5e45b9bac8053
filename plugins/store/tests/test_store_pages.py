from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Integer, Text, insert, select
from sqlalchemy.exc import StatementError
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from pegboard import Problem
from pegboard_store import Json, PageQuery, Store, UtcDateTime, metadata_for, open_store, order_by, paginate
from pegboard_store.testing import store_settings

pytestmark = pytest.mark.anyio


class Base(DeclarativeBase):
    metadata = metadata_for("shelf")


class Note(Base):
    __tablename__ = "shelf_notes"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    title: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    extra: Mapped[object] = mapped_column(Json)


NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
COLUMNS = {"title": Note.title, "at": Note.at}


async def fill(store: Store, titles: list[str]) -> None:
    async with store.begin() as session:
        await (await session.connection()).run_sync(Base.metadata.create_all)
        rows = [
            {"title": title, "at": NOON + timedelta(days=n), "extra": {"n": [n, None]}}
            for n, title in enumerate(titles)
        ]
        if rows:
            await session.execute(insert(Note), rows)


async def page(store: Store, **query: object):
    async with store.read() as session:
        return await paginate(
            session,
            select(Note),
            PageQuery(**query),
            columns=COLUMNS,
            default="at:desc",
            unique=Note.id,
            make=lambda note: note.title,
        )


async def test_a_page_says_where_it_is(store: Store) -> None:
    await fill(store, ["a", "b", "c", "d", "e"])
    first, last, beyond = [await page(store, page=n, per_page=2) for n in (1, 3, 9)]
    assert first.data == ["e", "d"]
    assert (first.pagination.total_items, first.pagination.total_pages) == (5, 3)
    assert (first.pagination.has_next, first.pagination.has_previous) == (True, False)
    assert last.data == ["a"]
    assert (last.pagination.has_next, last.pagination.has_previous) == (False, True)
    assert beyond.data == []


async def test_lists_are_sorted_as_asked_and_ties_by_the_unique_column(store: Store) -> None:
    await fill(store, ["b", "a", "b", "c"])
    assert (await page(store, sort="title:desc,at:asc")).data == ["c", "b", "b", "a"]
    assert (await page(store, sort="title")).data == ["a", "b", "b", "c"]


@pytest.mark.parametrize("sort", ["extra:asc", "title:up", "title;drop table shelf_notes", "id"])
async def test_a_sort_outside_the_allow_list_is_refused_with_what_is_possible(sort: str) -> None:
    with pytest.raises(Problem, match="sort by at, title, each with :asc or :desc") as caught:
        order_by(sort, COLUMNS)
    assert caught.value.status == 422


@given(titles=st.lists(st.sampled_from("abc"), min_size=1, max_size=25), per_page=st.integers(1, 30))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_the_pages_together_are_the_list(
    tmp_path_factory: pytest.TempPathFactory, titles: list[str], per_page: int
) -> None:
    async with open_store(store_settings("sqlite:///{data}/p.db"), tmp_path_factory.mktemp("p"), []) as store:
        await fill(store, titles)
        pages = [await page(store, sort="title", page=n, per_page=per_page) for n in range(1, 30)]
    assert [title for one in pages for title in one.data] == sorted(titles)
    assert pages[0].pagination.total_pages == sum(1 for one in pages if one.data)


async def test_times_come_back_aware_and_in_utc_and_json_as_it_was(store: Store) -> None:
    await fill(store, [])
    india = timezone(timedelta(hours=5, minutes=30))
    async with store.begin() as session:
        session.add(Note(id=7, title="t", at=NOON.astimezone(india), extra={"a": [1, None, "ü"]}))
    async with store.read() as session:
        note = await session.get_one(Note, 7)
    assert (note.at, note.at.tzinfo) == (NOON, UTC)
    assert note.extra == {"a": [1, None, "ü"]}


async def test_a_naive_time_is_refused(store: Store) -> None:
    await fill(store, [])

    async def add() -> None:
        async with store.begin() as session:
            session.add(Note(title="t", at=datetime(2026, 1, 1), extra=None))

    with pytest.raises(StatementError, match="has no time zone"):
        await add()


def test_page_queries_have_bounds() -> None:
    for wrong in ({"page": 0}, {"per_page": 101}, {"sort": "x" * 201}):
        with pytest.raises(ValueError, match=r"must be|Length"):
            PageQuery(**wrong)
