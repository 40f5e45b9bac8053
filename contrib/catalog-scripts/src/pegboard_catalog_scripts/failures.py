"""What ends a script before its end. Each carries one sentence for whoever started it."""


class ScriptError(Exception):
    """Something outside of the script did not work: exit code 1."""

    code = 1


class InputError(ScriptError):
    """What the script was given is wrong: exit code 2."""

    code = 2


class Stopped(ScriptError):
    """SIGTERM or SIGINT came, and the script stopped at a place from which it can go on: exit code 143."""

    code = 143

    def __init__(self) -> None:
        super().__init__("stopped on request; run it again with the same parameters to go on")
