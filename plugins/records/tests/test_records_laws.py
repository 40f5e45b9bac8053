"""Any sequence of batches gives what a dictionary gives, and the counts add up."""

import secrets
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pegboard_records import Item, ShardsQuery, ShardTypeDraft, Upserted

pytestmark = pytest.mark.anyio

TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=5)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("pq"), inner, max_size=2),
    max_leaves=4,
)
ITEMS = st.builds(Item, st.sampled_from("abcdé"), st.dictionaries(st.sampled_from("xyz"), VALUES, max_size=3))
BATCHES = st.lists(st.tuples(st.lists(ITEMS, max_size=6), st.sets(st.sampled_from("abcdé"))), max_size=5)


def written(data: Any) -> bytes:
    """JSON tells 1 from true, which Python does not."""
    return orjson.dumps(data, option=orjson.OPT_SORT_KEYS)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(BATCHES)
async def test_batches_give_what_a_dictionary_gives(desk: Any, batches: Any) -> None:
    tenant, records = f"law-{secrets.token_hex(4)}", desk.records
    await records.types.create(tenant, ShardTypeDraft("t"))
    kept: dict[str, Any] = {}
    deleted: set[str] = set()
    for items, removed in batches:
        latest = {item.external_id: item.data for item in items}
        async with desk.store.begin() as session:
            counted = await records.upsert(session, tenant, "t", items, "law")
            gone = await records.remove(session, tenant, "t", sorted(removed), "law")
        created = len(latest.keys() - kept.keys())
        same = sum(key not in deleted and key in kept and written(kept[key]) == written(latest[key]) for key in latest)
        assert counted == Upserted(created, len(latest) - created - same, same)
        kept |= latest
        deleted = (deleted - latest.keys()) | (removed & kept.keys())
        assert gone <= len(removed)
    found = await records.list(tenant, ShardsQuery(type="t", limit=1000))
    assert {shard.externalId: shard.data for shard in found.shards} == {
        key: data for key, data in kept.items() if key not in deleted
    }
    assert await records.count(tenant, "t") == found.total == len(kept.keys() - deleted)
