import sys
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

sys.path.insert(0, str(Path(__file__).parent / "stage"))  # no distribution provides it

from console_browser import CHROMIUM, REQUIRED, Browsing, Console, Watch, check_accessible, sign_in
from console_server import Backstage, backstage

BROWSING = pytest.StashKey[Browsing]()


@pytest.fixture(scope="module")
def browser(pytestconfig: pytest.Config) -> Browser:
    if CHROMIUM is None:
        assert not REQUIRED, "PEGBOARD_TEST_REQUIRE_BROWSER is set, and there is no Chromium"
        pytest.skip("Chromium is not here: apt-get install chromium")
    return pytestconfig.stash.setdefault(BROWSING, Browsing()).open()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Generator[None]:
    """The browser is closed before a test that asks for none: that one may need the event loop."""
    try:
        return (yield)
    finally:
        if "browser" not in getattr(nextitem, "fixturenames", ()):
            item.config.stash.setdefault(BROWSING, Browsing()).close()


@pytest.fixture(scope="session")
def servers() -> Iterator[Backstage]:
    """What each module forks a server of its own from."""
    with backstage() as made:
        yield made


@pytest.fixture(scope="module")
def console(browser: Browser, servers: Backstage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    """A server process of this module's own, with every plugin that is installed, and a stand-in upstream."""
    with servers.served(tmp_path_factory.mktemp("console")) as made:
        yield made


@pytest.fixture(scope="module")
def signed_in(browser: Browser, console: Console) -> Iterator[BrowserContext]:
    """The cookie and the storage of somebody who signed in, once for the module.

    His page stays open: with it stays what the browser compiled, and another page is there in half the time.
    """
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    sign_in(context.new_page(), console)
    yield context
    context.close()


@pytest.fixture
def watch(console: Console) -> Iterator[Watch]:
    """Fails the test for whatever the page complained of, was refused by its policy, or asked of other hosts."""
    made = Watch(console.url)
    yield made
    made.check()


@pytest.fixture
def page(signed_in: BrowserContext, console: Console, watch: Watch) -> Iterator[Page]:
    """The page, signed in with a key of all scopes, at its overview."""
    made = signed_in.new_page()
    watch.over(made)
    made.goto(f"{console.url}/console/")
    made.get_by_role("heading", name="Overview", level=1).wait_for()
    yield made
    made.close()


@pytest.fixture
def axe() -> Callable[[Page], None]:
    """``axe(page)`` fails with what is wrong by WCAG 2.2 AA."""
    return check_accessible
