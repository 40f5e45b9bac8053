"""Keys as they are written down, and every way to write them down wrongly."""

import base64
import hashlib

import pytest

import pegboard_vault
from pegboard import StartupError, create_app
from pegboard_vault.keys import Key, Keyring

# the same in every process that collects these tests, and the two base64 alphabets differ in it
BITS = hashlib.sha256(b"a key for tests 1").digest()
KEY = Key.of(BITS)
TEXT = KEY.text.reveal()
PLAIN = TEXT.split(".")[1]


@pytest.mark.parametrize("text", [TEXT, PLAIN, PLAIN + "=", base64.b64encode(BITS).decode()])
def test_a_key_is_read_with_its_id_or_without_in_either_base64(text: str) -> None:
    assert Key.read(text).text == KEY.text


def test_a_keys_id_is_made_of_it() -> None:
    assert Key.of(BITS).id == KEY.id
    assert Key.new().id != KEY.id
    assert len(KEY.id) == 16


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "these are 0 bytes"),
        ("hunter2", "these are 5 bytes"),
        (PLAIN[:-4], "these are 29 bytes"),
        (PLAIN + "AAAA", "bytes"),
        ("a passphrase!", "this is no base64"),
        (base64.b64encode(bytes(32)).decode(), "these are not random"),
        (base64.b64encode(b"password" * 4).decode(), "these are not random"),
        (f"0011223344556677.{PLAIN}", f"calls itself 0011223344556677 and is {KEY.id}"),
        (f"{PLAIN}.{PLAIN}", "calls itself something else"),
        ("ü" * 43, "this is no base64"),
    ],
)
def test_a_bad_key_is_refused_without_being_repeated(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason) as refused:
        Key.read(text)
    assert not text or text not in str(refused.value)
    assert PLAIN not in str(refused.value)


def test_keys_are_told_apart_by_commas_spaces_and_lines() -> None:
    other = Key.new().text.reveal()
    for text in (f"{TEXT},{other}", f"{TEXT}\n{other}\n", f"# old and new\n{TEXT} ,\n\n# x\n  {other}"):
        assert [key.text.reveal() for key in Keyring.read(text).keys] == [TEXT, other]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "there is no key"),
        ("# nothing", "there is no key"),
        (f"{TEXT},{PLAIN}", "a key is there twice"),
        (f"{TEXT},oops", "key 2 of 2: expected 32 random bytes"),
    ],
)
def test_a_bad_list_of_keys_says_which(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        Keyring.read(text)


def test_neither_keys_nor_rings_show_what_they_are() -> None:
    for shown in (repr(KEY), str(KEY), repr(Keyring((KEY,)))):
        assert PLAIN not in shown
        assert KEY.id in shown


def test_a_start_with_a_bad_key_in_the_settings_says_where_and_not_what() -> None:
    environ = {"PEGBOARD_VAULT__KEYS": f"{TEXT},hunter2"}
    with pytest.raises(StartupError) as refused:
        create_app(plugins={"vault": pegboard_vault}, installed=False, environ=environ)
    assert "plugins.vault.keys: key 2 of 2" in str(refused.value)
    assert "hunter2" not in str(refused.value)
    assert PLAIN not in str(refused.value)
