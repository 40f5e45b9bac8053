"""The console's frontend is typed by an API that is served."""

from workspace.console import AGAIN, SNAPSHOT, changes
from workspace.tree import ROOT


def test_the_console_knows_the_api_as_it_is() -> None:
    found = changes(ROOT)
    assert not found, f"{SNAPSHOT} is not what the app says today; {AGAIN}:\n" + "\n".join(found)
