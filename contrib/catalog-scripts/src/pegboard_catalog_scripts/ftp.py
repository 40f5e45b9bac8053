"""A connection to an FTP server (RFC 959, 3659; TLS by RFC 4217) that reads listings and files.

A server's names are not trusted: what could leave the work folder is refused. A file that broke off is fetched on
from where it ended (``REST``), if it is still the same one.
"""

import ftplib
import re
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from fnmatch import fnmatchcase
from pathlib import Path
from typing import BinaryIO

import attrs

from .failures import InputError, ScriptError
from .program import Job

PASSWORD = "FTP_PASSWORD"
AUTHORITIES = "FTP_CA_FILE"
TIMEOUT = 30.0
BLOCK = 1 << 16
OWN = (".part", ".part.json", ".state.json")
BROKEN = (OSError, EOFError, ftplib.error_temp, ftplib.error_proto)


class Dropped(ScriptError):
    """The connection broke off, or the server could not do it now."""


@attrs.frozen
class Remote:
    """A file as the server lists it: bytes (-1: unsaid), and when it was changed (``YYYYMMDDHHMMSS`` in UTC)."""

    name: str
    size: int = -1
    modified: str = ""


def is_safe(name: str) -> bool:
    """Whether a name from a listing is the plain name of a file in the work folder, and none that the scripts use."""
    plain = re.fullmatch(r"[^./\\:\x00-\x1f\x7f][^/\\:\x00-\x1f\x7f]{0,199}", name)
    return plain is not None and not name.endswith(OWN)


class TlsClient(ftplib.FTP_TLS):
    """Data connections go on with the TLS session of the control connection, as many servers require."""

    def ntransfercmd(self, cmd: str, rest: int | str | None = None) -> tuple[socket.socket, int | None]:
        connection, size = ftplib.FTP.ntransfercmd(self, cmd, rest)
        session = self.sock.session if isinstance(self.sock, ssl.SSLSocket) else None
        return self.context.wrap_socket(connection, server_hostname=self.host, session=session), size


@contextmanager
def connected(job: Job) -> Iterator[ftplib.FTP]:
    """Logged in, in the remote folder. Raises InputError for a refused login or folder, Dropped for what may pass."""
    options, ftp = job.options, _client(job)
    try:
        try:
            ftp.connect(options.host, options.port)
            _log_in(ftp, options.username, job.secret(PASSWORD))
            _enter(ftp, options.remote_folder)
        except ssl.SSLCertVerificationError as error:
            reason = f"{options.host}: no trusted TLS connection: {error}; {AUTHORITIES} may name the authority's file"
            raise InputError(reason) from None
        except BROKEN as error:
            raise Dropped(f"{options.host}:{options.port}: {error or type(error).__name__}") from None
        yield ftp
    finally:
        ftp.close()


def list_files(ftp: ftplib.FTP, pattern: str) -> tuple[list[Remote], list[str]]:
    """The files whose names fit the pattern, and the names that are refused. Raises Dropped, or InputError."""
    try:
        found = _facts(ftp)
    except BROKEN as error:
        raise Dropped(f"the listing broke off: {error or type(error).__name__}") from None
    except ftplib.error_perm as error:
        raise InputError(f"the server does not list its folder: {error}") from None
    refused = sorted(remote.name for remote in found if not is_safe(remote.name))
    fitting = [remote for remote in found if is_safe(remote.name) and fnmatchcase(remote.name, pattern)]
    return sorted(fitting, key=lambda remote: remote.name), refused


def fetch(job: Job, ftp: ftplib.FTP, remote: Remote, part: Path, limit: int) -> None:
    """Fetch the rest of a file into `part`. Raises Dropped, Stopped, or ScriptError above `limit` bytes."""
    try:
        with part.open("ab") as file:
            _receive(job, ftp, remote, file, limit)
        ftp.voidresp()
    except ftplib.error_perm as error:
        raise ScriptError(f"{remote.name}: the server refuses it: {error}") from None
    except BROKEN as error:
        raise Dropped(f"{remote.name}: broke off: {error or type(error).__name__}") from None
    size = part.stat().st_size
    if 0 <= remote.size < size:  # it changed on the server; what is here is of no use
        part.unlink()
    if remote.size not in (-1, size):
        raise Dropped(f"{remote.name}: has {size} bytes; the listing says {remote.size}")


def _receive(job: Job, ftp: ftplib.FTP, remote: Remote, file: BinaryIO, limit: int) -> None:
    ftp.voidcmd("TYPE I")
    with ftp.transfercmd(f"RETR {remote.name}", rest=file.tell() or None) as connection:
        for block in _blocks(job, connection):
            file.write(block)
            if file.tell() > limit:
                raise ScriptError(f"{remote.name}: is above --max-megabytes; raise it, or narrow --pattern")
        if isinstance(connection, ssl.SSLSocket):
            connection.unwrap()


def _blocks(job: Job, connection: socket.socket) -> Iterator[bytes]:
    """What comes, until it ends. Looks every second whether to stop, as a server may say nothing for long."""
    connection.settimeout(1.0)
    silent = 0
    while True:
        job.check()
        try:
            block = connection.recv(BLOCK)
        except TimeoutError:
            silent += 1
            if silent >= TIMEOUT:
                raise
            continue
        if not block:
            return
        silent = 0
        yield block


def _client(job: Job) -> ftplib.FTP:
    if not job.options.tls:
        return ftplib.FTP(timeout=TIMEOUT, encoding="utf-8")
    authorities = job.environ.get(AUTHORITIES)
    return TlsClient(timeout=TIMEOUT, encoding="utf-8", context=ssl.create_default_context(cafile=authorities))


def _log_in(ftp: ftplib.FTP, user: str, password: str) -> None:
    if "\r" in password or "\n" in password:
        raise InputError(f"the environment variable {PASSWORD}: has a line end")
    try:
        ftp.login(user, password)
        if isinstance(ftp, ftplib.FTP_TLS):
            ftp.prot_p()
    except ftplib.error_perm as error:
        raise InputError(f"the server refuses the login of {user!r} ({str(error)[:3]}); check {PASSWORD}") from None


def _enter(ftp: ftplib.FTP, folder: str) -> None:
    try:
        ftp.cwd(folder)
    except ftplib.error_perm as error:
        raise InputError(f"--remote-folder {folder!r}: {error}") from None


def _facts(ftp: ftplib.FTP) -> list[Remote]:
    try:
        return [
            Remote(name, int(facts.get("size", -1)), facts.get("modify", ""))
            for name, facts in ftp.mlsd(facts=["type", "size", "modify"])
            if facts.get("type", "file") == "file"
        ]
    except ftplib.error_perm as error:
        if not str(error).startswith("50"):
            raise
        # a server without RFC 3659 lists names alone
        return [Remote(name, _size(ftp, name)) for name in ftp.nlst() if name not in (".", "..")]


def _size(ftp: ftplib.FTP, name: str) -> int:
    if not is_safe(name):
        return -1
    try:
        ftp.voidcmd("TYPE I")
        return ftp.size(name) or 0
    except ftplib.error_perm:
        return -1
