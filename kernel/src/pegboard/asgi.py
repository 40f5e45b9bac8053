"""``pegboard.asgi:app``, for any ASGI server: made from the environment when it is first asked for."""

from starlette.applications import Starlette


def __getattr__(name: str) -> Starlette:
    if name != "app":
        raise AttributeError(name)
    from .app import create_app
    from .logs import configure
    from .problems import StartupError

    try:
        made = globals()["app"] = create_app()
        configure(made.state.board.settings.kernel.log)
    except StartupError as error:
        raise SystemExit(f"pegboard: {error}") from None
    return made
