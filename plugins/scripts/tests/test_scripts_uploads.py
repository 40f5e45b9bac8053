"""Uploads: streamed, counted, the caller's own; and nothing of a bad one is left."""

import hashlib
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from pegboard.testing import caller, serve
from pegboard_scripts import Uploads
from pegboard_scripts.tables import files
from pegboard_store import Store

from .conftest import until

pytestmark = pytest.mark.anyio

ADA = caller("scripts:write", id="ada", tenant="acme")
DATA = b"sku;price\n" + b"A-1;9.99\n" * 5000


async def sent(desk: Any, data: bytes = DATA, name: str = "products.csv", **more: Any) -> Any:
    return await desk.post("/api/files", files={"file": (name, data, "text/csv")}, headers=ADA, **more)


def left(tmp_path: Path) -> list[str]:
    return sorted(path.name for path in (tmp_path / "files").iterdir())


async def test_a_file_is_kept_as_it_came(desk: Any, tmp_path: Path) -> None:
    answer = await sent(desk)
    assert answer.status_code == 201
    upload = answer.json()
    assert (upload["name"], upload["size"], upload["content_type"]) == ("products.csv", len(DATA), "text/csv")
    assert upload["sha256"] == hashlib.sha256(DATA).hexdigest()
    assert (tmp_path / "files" / upload["id"]).read_bytes() == DATA
    assert [one["id"] for one in (await desk.get("/api/files", headers=ADA)).json()] == [upload["id"]]
    assert (await desk.delete(f"/api/files/{upload['id']}", headers=ADA)).status_code == 204
    assert left(tmp_path) == []
    assert (await desk.delete(f"/api/files/{upload['id']}", headers=ADA)).status_code == 404


@pytest.mark.parametrize("other", [{"id": "bob", "tenant": "acme"}, {"id": "ada", "tenant": "other"}])
async def test_an_upload_is_its_owners_own(desk: Any, other: dict[str, str]) -> None:
    identifier = (await sent(desk)).json()["id"]
    stranger = caller("scripts:write", **other)
    assert (await desk.get("/api/files", headers=stranger)).json() == []
    answer = await desk.delete(f"/api/files/{identifier}", headers=stranger)
    assert (answer.status_code, answer.json()["type"]) == (404, "urn:pegboard:problem:file-not-found")


@pytest.mark.parametrize("name", ["../../../etc/cron.d/x", "/etc/passwd", "..\\..\\x", "a\0b", ".ssh", "%2e%2e%2fx"])
async def test_a_name_decides_nothing(light: Any, tmp_path: Path, name: str) -> None:
    upload = (await sent(light, name=name)).json()
    assert "/" not in upload["name"]
    assert "\\" not in upload["name"]
    assert left(tmp_path) == [upload["id"]]


async def test_a_file_that_is_too_large_is_refused_while_it_comes(light: Any, tmp_path: Path) -> None:
    async def endless() -> AsyncIterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="big"\r\n\r\n'
        for _ in range(10_000):
            yield b"y" * 10_000

    headers = ADA | {"Content-Type": "multipart/form-data; boundary=x"}
    answer = await light.post("/api/files", content=endless(), headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (413, "urn:pegboard:problem:upload-too-large")
    announced = await sent(light, b"x" * 200_000)
    assert announced.status_code == 413
    assert left(tmp_path) == []


async def test_all_files_of_an_owner_have_a_quota(desk: Any, tmp_path: Path) -> None:
    for _ in range(2):
        assert (await sent(desk, b"x" * 100_000)).status_code == 201
    answer = await sent(desk, b"x" * 60_000)
    assert (answer.status_code, answer.json()["type"]) == (413, "urn:pegboard:problem:upload-quota")
    assert len(left(tmp_path)) == 2
    bob = caller("scripts:write", id="bob", tenant="acme")
    other = await desk.post("/api/files", files={"file": ("x", b"x" * 60_000)}, headers=bob)
    assert other.status_code == 201


@pytest.mark.parametrize(
    ("kind", "body", "reason"),
    [
        ("multipart/form-data; boundary=x", b"", "no file"),
        ("multipart/form-data; boundary=x", b"--x--\r\n", "no file"),
        ("multipart/form-data; boundary=x", b"hello", "multipart"),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="file"\r\n\r\na\r\n--x--',
            "file",
        ),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="a"; filename="b"\r\n\r\na\r\n--x--',
            'named "file"',
        ),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="file"; filename="b"\r\n\r\nabc',
            "ended before",
        ),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="file"; filename="b"\r\n\r\na\r\n' * 2 + b"--x--",
            "more than one",
        ),
        (
            "multipart/form-data; boundary=x",
            b"--x\r\n"
            + b"A: b\r\n" * 20
            + b'Content-Disposition: form-data; name="file"; filename="b"\r\n\r\na\r\n--x--',
            "header",
        ),
        ("multipart/form-data; boundary=x", b"--x\r\nA: " + b"b" * 10_000 + b"\r\n\r\na\r\n--x--", "header"),
        ("multipart/form-data", b"--x--", "send multipart"),
        ("application/json", b"{}", "send multipart"),
    ],
)
async def test_what_is_no_upload_says_what_is(light: Any, tmp_path: Path, kind: str, body: bytes, reason: str) -> None:
    answer = await light.post("/api/files", content=body, headers=ADA | {"Content-Type": kind})
    assert answer.status_code == (400 if "boundary" in kind else 415)
    assert reason in answer.json()["detail"]
    assert left(tmp_path) == []


async def test_an_upload_that_breaks_off_leaves_nothing(app_with: Any, tmp_path: Path) -> None:
    async with serve(app_with(f"sqlite:///{tmp_path / 'light.db'}")) as address:
        port = int(address.rpartition(":")[2])
        head = "".join(f"{name}: {value}\r\n" for name, value in ADA.items())
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(
                f"POST /api/files HTTP/1.1\r\nHost: x\r\n{head}Content-Length: 5000\r\n"
                "Content-Type: multipart/form-data; boundary=x\r\n\r\n"
                '--x\r\nContent-Disposition: form-data; name="file"; filename="b"\r\n\r\nabc'.encode()
            )
            await until(lambda: bool(left(tmp_path)))
        await until(lambda: not left(tmp_path))
    assert left(tmp_path) == []


async def test_old_uploads_are_forgotten(desk: Any, tmp_path: Path) -> None:
    services = desk.app.state.board.services
    old, new = [(await sent(desk, b"x")).json()["id"] for _ in range(2)]
    async with services.get(Store).begin() as session:
        aged = update(files).where(files.c.id == old)
        await session.execute(aged.values(created_at=files.c.created_at.type.process_result_value(_past(), None)))
    assert await services.get(Uploads).prune() == 1
    assert left(tmp_path) == [new]


def _past() -> Any:
    from datetime import UTC, datetime, timedelta

    return datetime.now(UTC) - timedelta(days=8)


async def test_the_list_of_scripts_tells_forms_what_they_need(light: Any) -> None:
    listed = (await light.get("/api/scripts", headers=ADA)).json()
    assert list(listed) == ["data_import", "data_processing", "shopify", "maintenance", "workflow"]
    script = next(one for one in listed["data_processing"] if one["name"] == "count")
    assert script == (await light.get("/api/scripts/count", headers=ADA)).json()
    assert script == {
        "name": "count",
        "display_name": "Count",
        "description": "Counts to a number",
        "category": "data_processing",
        "parameters": [
            {
                "name": "limit",
                "type": "int",
                "description": "",
                "required": False,
                "default": 3,
                "min": 1,
                "max": 1000000,
                "max_length": None,
                "regex": "",
                "extensions": [],
                "choices": [],
            }
        ],
        "estimated_duration": 1,
        "requires_auth": True,
    }
    answer = await light.get("/api/scripts/cuont", headers=ADA)
    assert (answer.status_code, answer.json()["detail"]) == (404, "there is no script 'cuont'; did you mean \"count\"?")
