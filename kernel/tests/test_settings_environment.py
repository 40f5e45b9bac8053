"""Variables of the environment that are no settings."""

import pytest

from pegboard import StartupError, create_app


@pytest.mark.parametrize("name", ["PEGBOARD_KEY", "PEGBOARD_URL", "PEGBOARD_TEST_POSTGRES"])
def test_a_shell_that_calls_an_app_can_start_one(name: str) -> None:
    app = create_app(environ={name: "x"}, installed=False)
    assert app.state.board.settings.kernel.public_url == ""


def test_a_misspelt_setting_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(StartupError, match=r'PEGBOARD_TENNANT: unknown setting; did you mean "PEGBOARD_TENANT"\?'):
        create_app(environ={"PEGBOARD_TENNANT": "x"}, installed=False)
