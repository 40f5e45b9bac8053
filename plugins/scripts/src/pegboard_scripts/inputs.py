"""Files that a run reads: copies in a folder of its own, of uploads and of files below the operator's folder."""

import os
import shutil
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import anyio
import attrs

from pegboard import FieldError, Principal, Problem

from .names import FileName, file_name, open_beneath
from .specs import Parameter, Script
from .uploads import Uploads
from .values import Values

PIECE = 1024 * 1024


@attrs.frozen
class Inputs:
    """Finds the files that parameters name. `root` is the operator's folder, None where there is none."""

    uploads: Uploads
    root: Path | None

    async def check(self, caller: Principal, script: Script, values: Values) -> None:
        """Raises Problem 400 ``invalid-parameters`` for every file that is not there, or not the caller's."""
        asked = [(script.parameter(name), file) for name, file in _files(script, values)]
        errors = [error for one, file in asked if one and (error := await self._wrong(caller, one, file))]
        if errors:
            words = "; ".join(error.detail for error in errors)
            raise Problem(400, "invalid-parameters", f'script "{script.name}": {words}', errors=errors)

    async def place(self, owner: Principal, script: Script, values: Values, folder: Path) -> Mapping[str, str]:
        """Copy them below `folder`; the path of each by its parameter. Raises Problem 400 or 404."""
        await self.check(owner, script, values)
        placed = {}
        for name, file in _files(script, values):
            base = file.base
            if file.upload:
                upload = await self.uploads.find(owner, file.text)
                source, found, base = self.uploads.path(upload).parent, FileName(upload.id), upload.name
            else:
                assert self.root is not None, "it was just checked"
                source, found = self.root, file
            target = folder / "inputs" / name / base
            await anyio.to_thread.run_sync(_copy, source, found, target)
            placed[name] = str(target)
        return placed

    async def _wrong(self, caller: Principal, parameter: Parameter, file: FileName) -> FieldError | None:
        name, pointer = parameter.name, f"/parameters/{parameter.name}"
        if file.upload:
            try:
                upload = await self.uploads.find(caller, file.text)
            except Problem:
                return FieldError(f"{name}: there is no upload {file.text} of yours; send the file first", pointer)
            if parameter.extensions and not upload.name.lower().endswith(parameter.extensions):
                endings = " or ".join(parameter.extensions)
                return FieldError(f"{name}: {upload.name} does not end with {endings}; send another file", pointer)
            return None
        if self.root is None:
            detail = f"{name}: the operator has opened no folder; send the file first (POST /api/files) and give its id"
            return FieldError(detail, pointer)
        reason = await anyio.to_thread.run_sync(_unreadable, self.root, file)
        return FieldError(f"{name}: {file.text} {reason}", pointer) if reason else None


def _files(script: Script, values: Values) -> list[tuple[str, FileName]]:
    named = [one.name for one in script.parameters if one.type == "file" and one.name in values]
    return [(name, file_name(str(getattr(values[name], "text", values[name])))) for name in named]


def _unreadable(root: Path, file: FileName) -> str:
    """Why a file cannot be read; "" when it can."""
    try:
        os.close(open_beneath(root, file))
    except FileNotFoundError:
        return "is not there"
    except (OSError, ValueError) as error:
        return str(error) if isinstance(error, ValueError) else "cannot be read"
    return ""


def _copy(source: Path, name: FileName, target: Path) -> None:
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with open(open_beneath(source, name), "rb") as file, target.open("wb") as copy:
        shutil.copyfileobj(file, copy)


async def read_file(folder: Path, name: FileName) -> AsyncIterator[bytes]:
    """The bytes of a file below a folder. Raises OSError, ValueError."""
    descriptor = await anyio.to_thread.run_sync(open_beneath, folder, name)
    async with anyio.wrap_file(os.fdopen(descriptor, "rb")) as file:
        while piece := await file.read(PIECE):
            yield piece
