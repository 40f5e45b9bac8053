import asyncio
import email
import logging
import socket
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from sqlalchemy import update

from pegboard import StartupError
from pegboard.testing import client
from pegboard_accounts.tables import CodeRow

pytestmark = pytest.mark.anyio

sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

NEW = "a brand new password"


async def post(people: Any, name: str, **body: object) -> int:
    return (await people.http.post(f"/api/v1/auth/{name}", json=body)).status_code


async def test_a_forgotten_password_is_reset_once_and_all_sessions_end(people: Any) -> None:
    made = await people.register()
    assert await post(people, "forgot-password", email="ann@example.com") == 202
    code = await people.code("ann")
    assert await post(people, "reset-password", code=code, password="short") == 422
    answers = await asyncio.gather(*(post(people, "reset-password", code=code, password=NEW) for _ in range(3)))
    assert sorted(answers) == [204, 400, 400]
    assert (await people.me(made["access_token"])).status_code == 401
    assert (await people.refresh(made["refresh_token"])).status_code == 401
    assert [(await people.login()).status_code, (await people.login(password=NEW)).status_code] == [401, 200]


@sqlite
async def test_a_reset_opens_a_locked_account(people: Any) -> None:
    await people.register()
    for _ in range(5):
        await people.login(password="wrong password")
    assert (await people.login()).status_code == 429
    await post(people, "forgot-password", email="ann@example.com")
    assert await post(people, "reset-password", code=await people.code("ann"), password=NEW) == 204
    assert (await people.login(password=NEW)).status_code == 200


@sqlite
async def test_a_code_expires_and_is_good_for_one_thing_only(people: Any) -> None:
    await people.register()
    verifying = await people.code("ann")
    assert await post(people, "reset-password", code=verifying, password=NEW) == 400
    await post(people, "forgot-password", email="ann@example.com")
    resetting = await people.code("ann")
    assert await post(people, "verify-email", code=resetting) == 400
    async with people.store.begin() as session:
        await session.execute(update(CodeRow).values(expires_at=datetime.now(UTC) - timedelta(seconds=1)))
    assert await post(people, "reset-password", code=resetting, password=NEW) == 400
    assert (await people.login()).status_code == 200


@sqlite
async def test_a_second_reset_makes_the_first_useless(people: Any) -> None:
    await people.register()
    codes = []
    for _ in range(2):
        await post(people, "forgot-password", email="ann@example.com")
        codes.append(await people.code("ann"))
    assert codes[0] != codes[1]
    assert await post(people, "reset-password", code=codes[1], password=NEW) == 204
    assert await post(people, "reset-password", code=codes[0], password="yet another one") == 400


@sqlite
async def test_nobody_learns_whether_there_is_an_account_and_no_address_is_flooded(people: Any) -> None:
    await people.register()
    bodies = set()
    for address in ("ann@example.com", "nobody@example.com", "no address") * 4:
        answer = await people.http.post("/api/v1/auth/forgot-password", json={"email": address})
        bodies.add((answer.status_code, answer.text))
    assert len(bodies) == 1
    await people.accounts.settle_mail()
    mails = [file.read_text() for file in (people.data / "mail").glob("*.eml")]
    assert sum("Reset your password" in mail for mail in mails) == 3
    assert not any("nobody@" in mail for mail in mails)


@sqlite
async def test_an_address_is_verified_by_the_code_that_was_sent_there(people: Any) -> None:
    made = await people.register()
    code = await people.code("ann")
    for status in (204, 400):
        assert await post(people, "verify-email", code=code) == status
    assert (await people.me(made["access_token"])).json()["is_verified"] is True


@sqlite
async def test_where_addresses_must_be_verified_registering_tells_nothing(make_people: Any) -> None:
    people = await make_people(verification="required")
    given = {"email": "ann@example.com", "username": "ann", "password": "correct horse battery"}
    answers = [await people.http.post("/api/v1/auth/register", json=given)]
    assert (await people.login()).status_code == 403
    code = await people.code("ann")
    answers.append(await people.http.post("/api/v1/auth/register", json={**given, "username": "other"}))
    assert len({(answer.status_code, answer.text) for answer in answers}) == 1
    for address in ("ann@example.com", "free@example.com"):  # a taken name is told, whatever the address
        answer = await people.http.post("/api/v1/auth/register", json={**given, "email": address})
        assert (answer.status_code, [e["pointer"] for e in answer.json()["errors"]]) == (409, ["/username"])
    await people.accounts.settle_mail()
    mails = [file.read_text() for file in (people.data / "mail").glob("*.eml")]
    assert any("You have an account already" in mail for mail in mails)
    assert await post(people, "verify-email", code=code) == 204
    assert (await people.login()).status_code == 200


@sqlite
async def test_a_password_is_changed_by_who_knows_the_old_one(people: Any) -> None:
    made, elsewhere = await people.register(), (await people.login()).json()
    headers = people.bearer(made["access_token"])
    path = "/api/v1/auth/change-password"
    wrong = await people.http.post(path, headers=headers, json={"old_password": "guess", "new_password": NEW})
    assert (wrong.status_code, wrong.json()["type"]) == (401, "urn:pegboard:problem:invalid-credentials")
    weak = {"old_password": "correct horse battery", "new_password": "ann@example.com"}
    refused = await people.http.post(path, headers=headers, json=weak)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/new_password")
    right = {"old_password": "correct horse battery", "new_password": NEW}
    assert (await people.http.post(path, headers=headers, json=right)).status_code == 204
    assert (await people.me(made["access_token"])).status_code == 200
    assert (await people.me(elsewhere["access_token"])).status_code == 401
    await people.accounts.settle_mail()
    assert any("password was changed" in file.read_text() for file in (people.data / "mail").glob("*.eml"))


@sqlite
async def test_mails_in_files_are_for_nobody_else(people: Any) -> None:
    await people.register()
    await people.accounts.settle_mail()
    (file,) = (people.data / "mail").glob("*.eml")
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)


class Inbox:
    """What a real mail server on this machine was sent."""

    def __init__(self) -> None:
        self.mails: list[Any] = []
        self.logins: list[tuple[bytes, bytes]] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # aiosmtpd's name
        self.mails.append((envelope.rcpt_tos, email.message_from_bytes(envelope.content)))
        return "250 taken"

    def authenticate(self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        self.logins.append((data.login, data.password))
        return AuthResult(success=data.password == b"letter box", handled=False)


@pytest.fixture
def inbox() -> Any:
    box = Inbox()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = {"authenticator": box.authenticate, "auth_require_tls": False}
    controller = Controller(box, hostname="127.0.0.1", port=port, **options)
    controller.start()
    yield box, port
    controller.stop()


def smtp(port: int, **more: object) -> dict[str, Any]:
    section = {
        "server": "127.0.0.1",
        "port": port,
        "username": "app",
        "password": "letter box",
        "security": "none",
        "timeout": 1,
    }
    return {"smtp": {**section, **more}, "mail_from": "Shop <shop@example.com>"}


@sqlite
async def test_mails_go_to_a_server_with_the_link_of_the_settings(make_people: Any, inbox: Any) -> None:
    box, port = inbox
    people = await make_people(**smtp(port), verify_link="https://shop.example.com/verify#{code}")
    await people.register()
    await people.accounts.settle_mail()
    ((to, mail),) = box.mails
    assert (to, mail["From"], mail["To"]) == (["ann@example.com"], "Shop <shop@example.com>", "ann@example.com")
    text = mail.get_payload(decode=True).decode()
    code = text.partition("https://shop.example.com/verify#")[2].split()[0]
    assert await post(people, "verify-email", code=code) == 204
    assert box.logins == [(b"app", b"letter box")]


@pytest.mark.parametrize("change", [{"security": "starttls"}, {"password": "wrong box"}])
@sqlite
async def test_a_server_that_does_not_take_mails_is_a_line_in_the_log_without_secrets(
    make_people: Any, inbox: Any, capfd: Any, caplog: Any, change: dict[str, str]
) -> None:
    box, port = inbox
    people = await make_people(**smtp(port, **change))
    await people.register()
    await people.accounts.settle_mail()
    assert box.mails == []
    seen = "".join(capfd.readouterr()) + caplog.text
    assert "accounts.mail-unsent" in seen
    assert not any(secret in seen for secret in ("letter box", "wrong box", "correct horse battery", "Your code"))


@sqlite
async def test_a_mailer_that_cannot_work_stops_the_start(make_app: Any) -> None:
    for settings, words in (({"mailer": "smpt"}, 'did you mean "smtp"'), ({"mailer": "smtp"}, "SMTP_SERVER")):
        with pytest.raises(StartupError, match=words):
            async with client(make_app(**settings)):
                pass


@sqlite
async def test_no_secret_is_in_a_log(people: Any, caplog: Any, capfd: Any) -> None:
    caplog.set_level(logging.DEBUG)
    made = await people.register()
    code = await people.code("ann")
    await people.login(password="a wrong secret guess")
    await people.refresh(made["refresh_token"])
    await people.refresh(made["refresh_token"])
    out, err = capfd.readouterr()
    seen = caplog.text + out + err
    secrets = ("correct horse battery", "a wrong secret guess", code, made["access_token"], made["refresh_token"])
    assert not any(secret in seen for secret in secrets)
