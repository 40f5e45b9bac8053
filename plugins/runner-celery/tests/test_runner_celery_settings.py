"""What an operator is told."""

from pathlib import Path
from typing import Any

import pytest

import pegboard_jobs
import pegboard_runner_celery
import pegboard_store
from pegboard import StartupError, create_app
from pegboard.testing import client
from pegboard_runner_celery.dispatching import BrokerInUse

from .conftest import BrokerForTests

pytestmark = pytest.mark.anyio
PLUGINS = {"jobs": pegboard_jobs, "runner-celery": pegboard_runner_celery, "store": pegboard_store}


def app_with(folder: Path, dispatcher: str, **section: Any) -> Any:
    plugins = {"jobs": {"dispatcher": dispatcher}, "runner-celery": section}
    settings = {"data": str(folder), "required": list(PLUGINS), "plugins": plugins}
    return create_app(settings=settings, plugins=PLUGINS, installed=False, environ={})


async def check(api: Any) -> dict[str, Any]:
    answer = (await api.get("/-/health")).json()
    [found] = [check for check in answer["checks"] if check["service"] == "BrokerInUse"]
    return dict(found)


async def test_a_broker_that_is_missing_stops_the_start_and_says_what_to_set(tmp_path: Path) -> None:
    with pytest.raises(StartupError, match=r"broker is missing: set .*CELERY_BROKER_URL"):
        async with client(app_with(tmp_path, "celery")):
            pass


async def test_an_address_of_something_else_is_refused_without_being_told(tmp_path: Path) -> None:
    with pytest.raises(StartupError, match="use redis://") as refused:
        app_with(tmp_path, "celery", broker="kafka://ann:s3cret@host/")
    assert "s3cret" not in str(refused.value)


async def test_where_another_dispatcher_is_chosen_no_broker_is_asked(tmp_path: Path) -> None:
    async with client(app_with(tmp_path, "local")) as api:
        assert (await check(api))["works"]
        broker = api.app.state.board.services.get(BrokerInUse)
        assert await broker.ping() == 'not in use: plugins.jobs.dispatcher is not "celery"'


async def test_the_check_tells_whether_the_broker_is_there(tmp_path: Path, broker: BrokerForTests) -> None:
    section = {"broker": broker.url, "queue": broker.queue, "timeout": 2.0}
    async with client(app_with(tmp_path, "celery", **section)) as api:
        assert (await check(api))["works"]
        async with broker.away():
            assert not (await check(api))["works"]
        assert (await check(api))["works"]
