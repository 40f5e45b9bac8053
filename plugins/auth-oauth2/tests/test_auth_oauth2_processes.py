"""One grant and many processes over one database: each token is asked for once, whoever is killed meanwhile."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import anyio
import attrs
import pytest
import sqlalchemy as sa

from pegboard import Problem, Secret
from pegboard.testing import answer
from pegboard_auth_oauth2 import OAuthTokens, RenewalBusy
from pegboard_auth_oauth2.grants import Grants, Ref
from pegboard_auth_oauth2.renewal import TokenEndpoint
from pegboard_auth_oauth2.settings import AuthOAuth2Settings
from pegboard_auth_oauth2.tables import grants
from pegboard_auth_oauth2.tokens import Token
from pegboard_egress import Egress
from pegboard_store import Store
from pegboard_store.testing import store_section
from pegboard_vault import Vault

pytestmark = pytest.mark.anyio

PROGRAM = str(Path(__file__).with_name("processes") / "askers.py")
PATIENCE = 40.0
MANY = 20


@attrs.define
class Askers:
    """The processes, and what they say."""

    process: asyncio.subprocess.Process

    async def line(self) -> Any:
        assert self.process.stdout is not None
        with anyio.fail_after(PATIENCE):
            line = await self.process.stdout.readline()
        assert line, "the processes ended"
        return json.loads(line)

    def start(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()


@asynccontextmanager
async def asking(
    folder: Path, url: str, database: str, config: Any, count: int, **plugin: Any
) -> AsyncIterator[Askers]:
    """So many processes that are ready to ask."""
    store = store_section(database) | {"pool": 1}
    plugins = {"egress": {"allow_origins": [url]}, "store": store, "auth-oauth2": plugin}
    told = {"settings": {"data": str(folder), "plugins": plugins}, "config": config, "count": count}
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        sys.executable, PROGRAM, stdin=pipe, stdout=pipe, start_new_session=True
    )
    assert process.stdin is not None
    try:
        process.stdin.write(json.dumps(told).encode() + b"\n")
        yield Askers(process)
    finally:
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


def refreshing(authority: Any, **more: Any) -> dict[str, Any]:
    document = {"grantType": "refresh_token", "tokenUrl": f"{authority.url}/token", "clientId": "client:1"}
    return {**document, "clientSecret": "s3cret +&%/=ü", "refreshToken": authority.grant_refresh(), **more}


async def test_twenty_processes_at_once_make_one_token_request(
    opened: Any, authority: Any, database_url: str, tmp_path: Path
) -> None:
    async with opened(database_url):
        pass  # makes the tables and the key
    # slow enough for all the others to come and find the lease taken
    authority.script = [lambda received: attrs.evolve(authority._refresh_token(received.form()), delay=0.4)]
    config = refreshing(authority)
    async with asking(tmp_path, authority.url, database_url, config, MANY) as askers:
        ready = [await askers.line() for _ in range(MANY)]
        askers.start()
        got = [await askers.line() for _ in range(MANY)]
    assert len({line["pid"] for line in ready}) == MANY
    assert [line for line in got if "problem" in line] == []
    assert len({line["token"] for line in got}) == 1
    assert {line["version"] for line in got} == {1}
    [asked] = authority.asked
    assert asked.form()["refresh_token"] == config["refreshToken"]


async def test_a_process_that_is_killed_while_it_renews_is_taken_over_from(
    opened: Any, authority: Any, database_url: str, tmp_path: Path
) -> None:
    settings = {"lease": 1.0, "timeout": 0.8}
    authority.script = [answer(delay=60)]
    async with opened(database_url, **settings) as desk:
        config = refreshing(authority)
        async with asking(tmp_path, authority.url, database_url, config, 1, **settings) as askers:
            holder = (await askers.line())["pid"]
            askers.start()
            await authority.stand_in.wait_for(path="/token")
            os.kill(holder, signal.SIGKILL)
            other = desk.config("refresh_token", refreshToken=config["refreshToken"])
            before = await row(desk)
            with anyio.fail_after(PATIENCE):
                assert (await desk.ask(other)).status == 200
        after = await row(desk)
    assert len(authority.asked) == 2
    assert before.lease_until is not None
    assert after.obtained_at >= before.lease_until, "nobody came before the lease had ended"
    assert (after.lease_until, after.version) == (None, 1)


async def row(desk: Any) -> Any:
    async with desk.services.get(Store).read() as session:
        return (await session.execute(sa.select(*grants.c))).one()


class Watched(Grants):
    """Counts how often somebody has looked at the grant."""

    looks = 0

    async def read(self, ref: Any) -> Any:
        found = await super().read(ref)
        self.looks += 1
        return found


def another(desk: Any, **settings: Any) -> OAuthTokens:
    """A second process's view of the same database, as far as tokens go: nothing is shared in memory."""
    made = AuthOAuth2Settings(**settings)
    services = desk.services
    kept = Watched(services.get(Store), services.get(Vault))
    return OAuthTokens(kept, TokenEndpoint(services.get(Egress), made), made)


async def test_what_fails_is_told_to_all_who_waited_for_it(opened: Any, authority: Any, database_url: str) -> None:
    gate = anyio.Event()
    told: list[Problem] = []

    async def slowly(received: Any) -> Any:
        await gate.wait()
        return authority.error("invalid_client", "Unknown client", 401)

    async def ask(tokens: OAuthTokens) -> None:
        with pytest.raises(Problem) as refused:
            await tokens.token(config, "acme", "credential-1")
        told.append(refused.value)

    authority.script = [slowly]
    async with opened(database_url) as desk:
        config = desk.config()
        async with anyio.create_task_group() as group:
            group.start_soon(ask, another(desk))
            await authority.stand_in.wait_for(path="/token")
            waiting = [another(desk) for _ in range(3)]
            for tokens in waiting:
                group.start_soon(ask, tokens)
            with anyio.fail_after(PATIENCE):
                # at the second look they wait for the first one's answer, and not merely come to ask
                while not all(tokens._grants.looks > 2 for tokens in waiting):
                    await anyio.lowlevel.checkpoint()
            gate.set()
        assert {problem.detail for problem in told} == {told[0].detail}
        assert len(told) == 4
        assert len(authority.asked) == 1
        assert (await desk.ask(config)).status == 200, "who comes later tries again"


async def test_who_waits_does_not_wait_for_ever(opened: Any, authority: Any, database_url: str) -> None:
    async with opened(database_url) as desk:
        config = desk.config()
        held = await Grants(desk.services.get(Store), desk.services.get(Vault)).lease(
            Ref("acme", "credential-1"), 0, 60
        )
        assert held is not None
        with pytest.raises(RenewalBusy) as busy:
            await another(desk, wait=0.2).token(config, "acme", "credential-1")
    assert (busy.value.status, busy.value.headers) == (503, {"Retry-After": "5"})
    assert not authority.asked


async def test_what_a_process_writes_after_its_lease_does_not_count(opened: Any, database_url: str) -> None:
    ref, late = Ref("acme", "credential-1"), Token(Secret("late"), obtained_at=datetime.now(UTC))
    async with opened(database_url) as desk:
        kept = Grants(desk.services.get(Store), desk.services.get(Vault))
        first = await kept.lease(ref, 0, 60)
        assert first is not None
        assert await kept.lease(ref, 0, 60) is None
        async with desk.services.get(Store).begin() as session:
            await session.execute(sa.update(grants).values(lease_until=datetime.now(UTC) - timedelta(seconds=1)))
        second = await kept.lease(ref, 0, 60)
        assert second is not None
        assert second.fence > first.fence
        assert await kept.keep(first, "mark", late, False) is None
        await kept.fail(first, {"mark": "mark"})
        await kept.release(first)
        assert await kept.lease(ref, 0, 60) is None, "the lease of the second is still its own"
        stored = await kept.keep(second, "mark", Token(Secret("new")), False)
        assert stored is not None
        assert (stored.access, stored.version, (await row(desk)).failure) == (Secret("new"), 1, None)
        assert await kept.lease(ref, 0, 60) is None, "who saw an older token looks again before it renews"
