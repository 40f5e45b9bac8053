"""Which scripts there are, and how much callers may send."""

from pathlib import Path

import attrs
from attrs.validators import ge, gt

from pegboard import Secret, setting

MIB = 1024 * 1024


@attrs.frozen
class ScriptsSettings:
    """``[plugins.scripts]``"""

    folders: tuple[Path, ...] = setting((), help="folders of programs that say in a comment what they are")
    manifests: tuple[Path, ...] = setting((), help="files with [[script]] tables, in TOML")
    files: Path | None = setting(None, help="a folder whose files callers may name; without it they send uploads")
    secrets: dict[str, Secret] = setting({}, help="the variables that scripts need, by their names: FTP_PASSWORD = ...")
    upload_size: int = setting(100 * MIB, help="bytes of one upload", validator=ge(1))
    upload_quota: int = setting(1024 * MIB, help="bytes of all uploads of a user", validator=ge(1))
    upload_days: int = setting(7, help="days that an upload is kept", validator=ge(1))
    runner: str = setting("local", help="the runner that executes them")
    wall: float = setting(3600.0, help="seconds that a run may take, where a script does not say", validator=gt(0))
    grace: float = setting(10.0, help="seconds between asking a run to end and ending it", validator=ge(0))
