"""The client against a real server."""

import ast
import inspect
import os
import re
import sys
from pathlib import Path
from types import CodeType
from typing import Any

import anyio
import pytest

import pegboard_sdk
from pegboard.testing import answer, served
from pegboard_sdk import (
    AuthenticationError,
    CodeRefusedError,
    ConflictError,
    EndpointData,
    ExecutionError,
    InvalidError,
    LimitError,
    NotFoundError,
    ReadWidget,
    ScopeError,
    UpstreamError,
    WriteWidget,
)

pytestmark = pytest.mark.anyio

HERE = Path(__file__).resolve()
DOCUMENT = HERE.parents[3].parent / "shared/seeds/000-custom-endpoints.md"
TOTAL = """
def process_data(widget_data, request, user):
    return {'total': sum(widget_data['values']), 'by': request.query_params.get('by'), 'user': user.id}
"""


async def write(server: Any, logic: str = TOTAL, name: str = "Total", **options: Any) -> WriteWidget:
    """A saved widget whose upstream answers ``{"values": [1, 2]}``."""
    server.upstream.on("/values", answer(json={"values": [1, 2]}))
    widget = WriteWidget(server.key, "ann", server.url)
    await widget.create_new(name, options.pop("project_id", "p1"), **options)
    await widget.post(f"{server.upstream.url}/values", {"logic": logic})
    await widget.save()
    return widget


@pytest.mark.skipif(not DOCUMENT.is_file(), reason=f"the document is not here: {DOCUMENT.name}")
async def test_the_documents_example_runs_as_it_is_written(server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    snippets = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
    snippet = next(code for code in snippets if "WriteWidget(" in code)
    ours = snippet.replace("from lazi_sdk import", "from pegboard_sdk import").replace(
        'token="..."', f'token="{server.key}"'
    )
    monkeypatch.setenv("PEGBOARD_URL", server.url)
    names: dict[str, Any] = {}
    code: CodeType = compile(ours, "document 000", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    running = eval(code, names)
    assert inspect.isawaitable(running)
    await running
    saved = await ReadWidget(server.key, base_url=server.url).get(names["widget"].id)
    assert (saved.name, saved.project_id) == ("Sales Dashboard", "proj_123")
    assert saved.endpoint_data.params == {"period": "weekly"}
    assert saved.endpoint_data.refresh_interval == 300


async def test_the_example_of_the_readme_prints_what_it_says(tmp_path: Path) -> None:
    readme = (HERE.parents[1] / "README.md").read_text()
    (source,) = re.findall(r"```python\n(.*?)```", readme, re.DOTALL)
    printed = re.search(r"It prints\n\n((?: {4}.*\n)+)", readme)
    assert printed is not None
    async with served(tmp_path, "--sample") as process:
        key = (await process.printed(r"API key +(\S+)"))[1]
        environ = {**os.environ, "PEGBOARD_URL": process.url, "PEGBOARD_KEY": key}
        finished = await anyio.run_process([sys.executable, "-c", source], env=environ, check=False)
    assert finished.stderr == b""
    assert finished.stdout.decode().splitlines() == [line.strip() for line in printed[1].splitlines()]


async def test_nothing_is_sent_before_save(server: Any) -> None:
    widget = WriteWidget(server.key, base_url=server.url)
    await widget.create_new("Not yet", "p-staged")
    await widget.post(f"{server.upstream.url}/values", EndpointData(TOTAL, refresh_interval=5))
    reader = ReadWidget(server.key, base_url=server.url)
    assert (await reader.list(project_id="p-staged")).data == ()
    saved = await widget.save()
    assert [found.id for found in (await reader.list(project_id="p-staged")).data] == [saved.id]
    assert saved.endpoint_data.refresh_interval == 5


async def test_a_saved_widget_is_executed(server: Any) -> None:
    widget = await write(server)
    result = await widget.execute(params={"by": "ada"})
    assert (result["total"], result["by"]) == (3, "ada")
    assert widget.execute_url == f"{server.url}/public/widgets/{widget.id}/execute"
    assert await ReadWidget(server.reader, base_url=server.url).execute(widget.id) == result | {"by": None}


async def test_a_widget_says_all_that_was_said(server: Any) -> None:
    widget = await write(
        server, description="sums", size="large", public=True, path="/e/sdk/{region}", methods=["GET", "POST"]
    )
    saved = await ReadWidget(server.key, base_url=server.url).get(widget.id)
    assert saved == widget.saved
    assert (saved.description, saved.size, saved.public) == ("sums", "large", True)
    assert (saved.path, saved.methods, saved.revision) == ("/e/sdk/{region}", ("GET", "POST"), 1)
    assert saved.created_at is not None
    assert saved.created_at.utcoffset() is not None


async def test_saving_again_writes_only_what_changed(server: Any) -> None:
    widget = await write(server)
    unchanged = await widget.save()
    assert unchanged.revision == 1
    changed = await widget.update(name="Renamed", endpoint_data=EndpointData(TOTAL, params={"a": 1}))
    assert (changed.revision, changed.name, changed.endpoint_data.params) == (2, "Renamed", {"a": 1})


async def test_another_client_takes_a_widget_up(server: Any) -> None:
    first = await write(server)
    async with WriteWidget(server.key, base_url=server.url) as second:
        await second.open(first.id)
        await second.post(f"{server.upstream.url}/values", {"logic": TOTAL.replace("'total'", "'sum'")})
        assert (await second.save()).revision == 2
    assert (await first.execute())["sum"] == 3


async def test_a_refused_change_stays_staged_and_can_be_mended(server: Any) -> None:
    widget = await write(server)
    with pytest.raises(InvalidError):
        await widget.update(size="huge")  # type: ignore[typeddict-item]
    assert (await widget.update(size="small")).size == "small"


async def test_a_deleted_widget_is_gone(server: Any) -> None:
    widget = await write(server)
    gone = widget.id
    await widget.delete()
    assert widget.saved is None
    with pytest.raises(NotFoundError) as caught:
        await ReadWidget(server.key, base_url=server.url).get(gone)
    assert caught.value.status == 404
    assert caught.value.request_id


async def test_all_walks_every_page(server: Any) -> None:
    names = [f"w{number}" for number in range(7)]
    async with WriteWidget(server.key, base_url=server.url) as widget:
        for name in names:
            await widget.create_new(name, "p-many")
            await widget.post(f"{server.upstream.url}/values", {"logic": TOTAL})
            await widget.save()
    async with ReadWidget(server.key, base_url=server.url) as reader:
        assert [w.name async for w in reader.all(per_page=3, project_id="p-many", sort="name:asc")] == names
        page = await reader.list(2, 3, project_id="p-many", sort="name:desc")
    assert [w.name for w in page.data] == names[::-1][3:6]
    assert (page.pagination.total_items, page.pagination.total_pages, page.pagination.has_next) == (7, 3, True)


async def test_logic_is_checked_without_running(server: Any) -> None:
    widget = await WriteWidget(server.key, base_url=server.url).create_new("x", "p1")
    await widget.post("https://api.example.com", {"logic": "import os\n" + TOTAL})
    found = await widget.validate()
    assert not found.valid
    assert [(v.code, v.name, v.line) for v in found.violations] == [("FORBIDDEN_MODULE", "os", 1)]
    assert (await widget.validate(TOTAL)).valid


async def test_logic_is_tried_over_given_data_and_over_the_upstream(server: Any) -> None:
    server.upstream.on("/values", answer(json={"values": [1, 2]}))
    widget = await WriteWidget(server.key, "user_7", server.url).create_new("x", "p1")
    await widget.post(f"{server.upstream.url}/values", {"logic": "print('hello')\n" + TOTAL, "params": {"k": "v"}})
    given = await widget.preview({"values": [4, 5]}, request={"query_params": {"by": "me"}})
    assert given.result == {"total": 9, "by": "me", "user": "user_7"}
    assert given.stdout == "hello\n"
    assert given.timings.sandbox > 0
    fetched = await widget.preview()
    assert fetched.result["total"] == 3
    assert server.upstream.received("/values")[-1].query == {"k": "v"}


async def test_refused_logic_names_what_is_forbidden(server: Any) -> None:
    with pytest.raises(CodeRefusedError) as caught:
        await write(server, "import os, sys\n" + TOTAL)
    error = caught.value
    assert (error.status, error.error_code) == (422, "FORBIDDEN_MODULE")
    assert error.forbidden_modules == ("os", "sys")
    assert error.violations[0].line == 1
    assert error.errors[0].pointer == "/endpoint_data/logic"
    assert "Forbidden module 'os' detected" in str(error)


async def test_a_failing_program_names_its_exception_and_line(server: Any) -> None:
    widget = await write(server, "def process_data(data, req, user):\n    return data['missing_key']\n")
    with pytest.raises(ExecutionError) as caught:
        await widget.execute()
    assert (caught.value.error_type, caught.value.line) == ("KeyError", 2)
    assert caught.value.detail == "Code execution error: 'missing_key'"


async def test_a_limit_is_named(server: Any) -> None:
    widget = await write(server, "def process_data(data, req, user):\n    return 'x' * 2_000_000\n")
    with pytest.raises(LimitError) as caught:
        await widget.execute()
    assert (caught.value.limit, caught.value.allowed) == ("result", 1024 * 1024)


async def test_a_failing_upstream_is_told_from_a_failing_program(server: Any) -> None:
    server.upstream.on("/broken", answer(500, text="no"))
    widget = await write(server)
    await widget.update(endpoint=f"{server.upstream.url}/broken")
    with pytest.raises(UpstreamError) as caught:
        await widget.execute()
    assert caught.value.error_code == "UPSTREAM_ERROR"


async def test_input_errors_say_where(server: Any) -> None:
    widget = await WriteWidget(server.key, base_url=server.url).create_new("", "p1")
    await widget.post("https://api.example.com", {"logic": TOTAL, "refresh": 3})
    with pytest.raises(InvalidError) as caught:
        await widget.save()
    assert {error.pointer for error in caught.value.errors} == {"/name", "/endpoint_data/refresh"}


async def test_a_path_is_given_once(server: Any) -> None:
    await write(server, path="/e/taken")
    with pytest.raises(ConflictError):
        await write(server, path="/e/taken")


async def test_tokens_are_told_apart(server: Any) -> None:
    widget = await write(server)
    with pytest.raises(AuthenticationError):
        await ReadWidget("pk_nobody", base_url=server.url).get(widget.id)
    with pytest.raises(NotFoundError):
        await ReadWidget(server.stranger, base_url=server.url).get(widget.id)
    with pytest.raises(ScopeError) as caught:
        await (await WriteWidget(server.reader, base_url=server.url).open(widget.id)).update(name="mine")
    assert caught.value.scopes == ("widgets:write",)


async def test_a_key_goes_in_either_header(server: Any) -> None:
    widget = await write(server)
    for header in ("Authorization", "X-API-Key"):
        assert await ReadWidget(server.key, base_url=server.url, header=header).get(widget.id)


def test_every_public_name_is_exported_and_documented() -> None:
    for name in pegboard_sdk.__all__:
        assert getattr(pegboard_sdk, name).__module__.startswith("pegboard_sdk.")
