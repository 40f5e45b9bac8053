"""What is sealed opens for its place, under its key, unchanged, and for nothing else."""

import base64
from typing import Any

import orjson
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from pegboard import Secret
from pegboard_vault import KeyMissing, Place, SealBroken, Vault, envelopes, exchanged, is_sealed, opened, sealed
from pegboard_vault.keys import Key, Keyring
from pegboard_vault.opening import GivenKeys

PLACE = Place("acme", "widget_1", "header")
KEYS = [Key.new() for _ in range(3)]
BODY = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"

texts = st.text(st.characters(exclude_categories=["Cs"]))
places = st.builds(Place, texts, texts, texts)
json = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda parts: st.lists(parts, max_size=3) | st.dictionaries(texts.map("x{}".format), parts, max_size=3),
    max_leaves=8,
)


def vault(*keys: Key) -> Vault:
    return Vault(GivenKeys(Keyring(keys or (KEYS[0],))))


@given(texts, places)
def test_what_is_sealed_opens_again(text: str, place: Place) -> None:
    envelope = vault().seal(Secret(text), place)
    assert vault().open(envelope, place) == Secret(text)
    assert envelope.isascii()


@given(places, places)
def test_it_opens_for_its_own_place_alone(place: Place, other: Place) -> None:
    envelope = vault().seal(Secret("s"), place)
    if other == place:
        assert vault().open(envelope, other) == Secret("s")
        return
    with pytest.raises(SealBroken, match="was sealed for another place"):
        vault().open(envelope, other)


def test_places_that_read_alike_are_not_alike() -> None:
    envelope = vault().seal(Secret("s"), Place("a", "b c", "d"))
    with pytest.raises(SealBroken):
        vault().open(envelope, Place("a", "b", "c d"))


@given(st.data())
def test_no_character_of_an_envelope_can_be_changed(data: st.DataObject) -> None:
    envelope = vault().seal(Secret("topsecret"), PLACE)
    at = data.draw(st.integers(0, len(envelope) - 1))
    letter = data.draw(st.sampled_from(BODY + ". \n%").filter(lambda c: c != envelope[at]))
    changed = envelope[:at] + letter + envelope[at + 1 :]
    with pytest.raises((SealBroken, KeyMissing)) as refused:
        vault().open(changed, PLACE)
    assert "topsecret" not in str(refused.value)


@pytest.mark.parametrize("text", ["", "topsecret", "pv1", "pv1..", "pv2.0011223344556677.aaaa", "pv1.00.aa", "pv1.ü.a"])
def test_what_is_no_envelope_is_said_so(text: str) -> None:
    with pytest.raises(SealBroken, match="no envelope"):
        vault().open(text, PLACE)


def test_an_envelope_that_is_cut_off_is_said_so() -> None:
    with pytest.raises(SealBroken, match="cut off or changed"):
        vault().open(vault().seal(Secret("s"), PLACE)[:40], PLACE)


def test_the_same_text_is_never_sealed_alike() -> None:
    assert len({vault().seal(Secret("s"), PLACE) for _ in range(100)}) == 100


def test_an_envelope_is_what_its_page_says_it_is() -> None:
    """Opened by hand: AES-256-GCM, nonce in front, the place as a JSON list beside it."""
    version, name, body = vault().seal(Secret("ünder"), PLACE).split(".")
    key = base64.urlsafe_b64decode(KEYS[0].text.reveal().split(".")[1] + "=")
    data = base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))
    beside = orjson.dumps(["pv1", name, "acme", "widget_1", "header"])
    assert (version, name) == ("pv1", KEYS[0].id)
    assert AESGCM(key).decrypt(data[:12], data[12:], beside).decode() == "ünder"


def test_the_first_key_seals_and_all_open() -> None:
    envelopes = [vault(key).seal(Secret(key.id), PLACE) for key in KEYS]
    both = vault(*KEYS)
    assert [both.open(envelope, PLACE).reveal() for envelope in envelopes] == [key.id for key in KEYS]
    assert both.key_of(both.seal(Secret("s"), PLACE)) == KEYS[0].id


def test_a_lost_key_is_named_with_the_way_out() -> None:
    with pytest.raises(KeyMissing) as missing:
        vault(KEYS[1]).open(vault(KEYS[0]).seal(Secret("topsecret"), PLACE), PLACE)
    assert KEYS[0].id in missing.value.detail
    assert "PEGBOARD_VAULT__KEYS" in missing.value.detail
    assert "enter the secret anew" in missing.value.detail
    assert missing.value.status == 503


def seal_all(value: Any) -> Any:
    """Every text within a document sealed."""
    if isinstance(value, dict):
        return {name: seal_all(part) for name, part in value.items()}
    if isinstance(value, list):
        return [seal_all(part) for part in value]
    return sealed(vault(), value, PLACE) if isinstance(value, str) else value


@given(json)
def test_documents_open_as_they_were(value: Any) -> None:
    assert opened(vault(), seal_all(value), PLACE) == value


@given(json)
def test_any_json_value_can_be_sealed(value: Any) -> None:
    made = sealed(vault(), value, PLACE)
    assert is_sealed(made)
    assert opened(vault(), made, PLACE) == value


@given(json)
def test_envelopes_are_exchanged_all_or_none(value: Any) -> None:
    document, both = seal_all(value), vault(KEYS[1], KEYS[0])
    new = {old: both.seal(vault().open(old, PLACE), PLACE) for old in envelopes(document)}
    exchange = exchanged(document, new)
    assert opened(both, exchange, PLACE) == value
    assert {both.key_of(envelope) for envelope in envelopes(exchange)} <= {KEYS[1].id}
    assert exchanged(document, {**new, "gone": "new"}) is None


@pytest.mark.parametrize("value", [{}, {"sealed": 1}, {"sealed": "a", "b": 1}, "sealed", None, ["sealed"]])
def test_what_looks_a_little_like_it_is_not_sealed(value: Any) -> None:
    assert not is_sealed(value)
