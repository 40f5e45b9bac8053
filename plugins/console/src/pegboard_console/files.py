"""The built page: files that are read once, and go out compressed."""

import gzip
import hashlib
import re
from importlib.resources import files
from pathlib import Path

import anyio.to_thread
import attrs
from starlette.requests import Request
from starlette.responses import Response

from pegboard import Problem

NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")
MEDIA = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
}
HEADERS = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}


@attrs.frozen
class File:
    """One file; `packed` is what gzip makes of it. The tag is of its content, and weak as both are one to it."""

    data: bytes = attrs.field(repr=False)
    packed: bytes = attrs.field(repr=False)
    media: str
    etag: str
    written: int

    @classmethod
    def load(cls, path: Path) -> "File":
        data = path.read_bytes()
        etag = f'W/"{hashlib.sha256(data).hexdigest()[:32]}"'
        return cls(data, gzip.compress(data, 9, mtime=0), MEDIA[path.suffix], etag, path.stat().st_mtime_ns)

    def answer(self, request: Request, caching: str) -> Response:
        """The file, or 304 where the browser has it already."""
        headers = {**HEADERS, "Cache-Control": caching, "ETag": self.etag, "Vary": "Accept-Encoding"}
        if self.etag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        if "gzip" in request.headers.get("accept-encoding", ""):
            return Response(self.packed, media_type=self.media, headers={**headers, "Content-Encoding": "gzip"})
        return Response(self.data, media_type=self.media, headers=headers)


class Files:
    """The files of one built page. One that is built anew while the app runs is read anew."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or Path(str(files("pegboard_console"))) / "static"
        self._read: dict[Path, File] = {}

    async def get(self, *names: str) -> File:
        """Raises Problem 404 for what is no file of the page, 503 where none was built."""
        path = self.folder.joinpath(*names)
        if not all(map(NAME.fullmatch, names)) or path.suffix not in MEDIA or not path.is_file():
            raise self._missing(names)
        found = self._read.get(path)
        if found is None or found.written != path.stat().st_mtime_ns:
            found = self._read[path] = await anyio.to_thread.run_sync(File.load, path)
        return found

    def _missing(self, names: tuple[str, ...]) -> Problem:
        if (self.folder / "index.html").is_file():
            return Problem(404, "not-found", f"the page has no file {'/'.join(names)}")
        detail = f"the page is not built: {self.folder} has no index.html; install pegboard-console, which builds it"
        return Problem(503, "console-not-built", detail)
