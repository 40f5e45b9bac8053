"""After everything was tried, nothing that anybody can see has a secret, a key or an envelope in it."""

import logging
from typing import Any

import pytest
import structlog

from pegboard import Problem, Secret
from pegboard_vault import Entry, Place, Vault, sealed
from pegboard_vault.keys import Key
from pegboard_vault.rotation import rotate, survey

pytestmark = pytest.mark.anyio

SECRET = "topsecret-0123456789"
PLACE = Place("acme", "a", "note")


async def test_no_log_answer_error_or_repr_shows_a_secret(noted: Any, caplog: Any, capsys: Any) -> None:
    old, new, lost = Key.new(), Key.new(), Key.new()
    seen: list[str] = []
    caplog.set_level(logging.DEBUG)
    with structlog.testing.capture_logs() as logs:
        async with noted(old.text.reveal()) as api:
            envelope = await api.notes.write("a", SECRET)
            await api.notes.write("b", SECRET)
        async with noted(f"{new.text.reveal()},{old.text.reveal()}") as api:
            vault = api.notes.services.get(Vault)
            seen += await answers(api)
            await api.notes.put("b", envelope)
            seen += await answers(api)
            seen += [str(await survey(api.notes.services)), str(await rotate(api.notes.services))]
            seen += [repr(vault), repr(Entry("a", PLACE, (envelope,))), repr(vault.open(envelope, PLACE))]
            seen += [repr(value) for value in api.app.state.board.settings.values]
            seen += [failure(vault, text) for text in (envelope[:-5], SECRET, envelope.replace("pv1", "pv2"))]
        async with noted(lost.text.reveal()) as api:
            seen += await answers(api)
    told = "\n".join([*seen, *map(str, logs)])
    shown = told + "\n".join([caplog.text, *capsys.readouterr()])
    assert "vault-key-missing" in shown
    assert "sealed-value-broken" in shown
    assert envelope not in told, "what is sealed is nobody's business either"
    for hidden in (SECRET, *(key.text.reveal().split(".")[1] for key in (old, new, lost))):
        assert hidden not in shown


async def answers(api: Any) -> list[str]:
    found = [await api.get(path) for path in ("/notes/a", "/notes/b", "/-/health", "/-/plugins")]
    return [f"{answer.status_code} {answer.headers} {answer.text}" for answer in found]


def failure(vault: Vault, text: str) -> str:
    with pytest.raises(Problem) as refused:
        vault.open(text, PLACE)
    return f"{refused.value!r} {refused.value} {refused.value.body()}"


async def test_an_envelope_in_a_document_is_all_that_is_stored_of_a_value(noted: Any) -> None:
    async with noted(Key.new().text.reveal()) as api:
        document = sealed(api.notes.services.get(Vault), {"password": SECRET}, PLACE)
    assert SECRET not in str(document)
    assert Secret(SECRET).reveal() == SECRET
