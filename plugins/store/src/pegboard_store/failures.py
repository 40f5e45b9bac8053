"""What a database's error means for the caller and for the operator."""

import sqlite3

import attrs
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from pegboard import Problem

BUSY, FULL, UNAVAILABLE = "store-busy", "store-full", "store-unavailable"

SQLITE = {
    sqlite3.SQLITE_BUSY: (BUSY, "it is locked by another process"),
    sqlite3.SQLITE_LOCKED: (BUSY, "it is locked"),
    sqlite3.SQLITE_PROTOCOL: (BUSY, "too many processes open and close it at once"),
    sqlite3.SQLITE_FULL: (FULL, "the disk is full: free some space"),
    sqlite3.SQLITE_CANTOPEN: (UNAVAILABLE, "it cannot be opened: check that its folder exists and may be written to"),
    sqlite3.SQLITE_READONLY: (
        UNAVAILABLE,
        "it may only be read: write within store.begin(), or check the file's permissions",
    ),
    sqlite3.SQLITE_PERM: (UNAVAILABLE, "access is denied: check the permissions of the file and its folder"),
    sqlite3.SQLITE_NOTADB: (UNAVAILABLE, "it is not a SQLite database: name another file"),
    sqlite3.SQLITE_CORRUPT: (UNAVAILABLE, "it is damaged: restore it from a backup"),
    sqlite3.SQLITE_IOERR: (UNAVAILABLE, "it cannot be read or written: check the disk"),
}

# https://www.postgresql.org/docs/current/errcodes-appendix.html; the longest prefix that fits counts.
POSTGRESQL = {
    "28": (UNAVAILABLE, "user or password are refused: check them in the database URL"),
    "3D000": (UNAVAILABLE, "there is no such database: create it (createdb) or correct the URL"),
    "08": (UNAVAILABLE, "the connection broke"),
    "55000": (UNAVAILABLE, "it accepts no connections"),
    "57P": (UNAVAILABLE, "the server is stopping or starting"),
    "53300": (BUSY, "the server has no connection left: lower plugins.store.pool or raise max_connections"),
    "53100": (FULL, "the server's disk is full: free some space"),
    "53": (BUSY, "the server is out of resources"),
    "40": (BUSY, "another transaction was in the way"),
    "55P03": (BUSY, "another transaction holds the lock"),
    "42501": (UNAVAILABLE, "the user lacks a privilege: grant it"),
    "25006": (UNAVAILABLE, "it may only be read: write within store.begin(), or use the primary server"),
}

STATUS = {BUSY: 503, UNAVAILABLE: 503, FULL: 507}


@attrs.frozen
class Failure:
    """Why the database does not do what it should: a problem code, and in words with the way out."""

    code: str
    reason: str


class StoreProblem(Problem):
    """The database cannot do what it should: 503 ``store-busy`` or ``store-unavailable``, 507 ``store-full``."""

    def __init__(self, failure: Failure) -> None:
        retry = {"Retry-After": "1"} if failure.code == BUSY else {}
        detail = f"The database cannot serve this now: {failure.reason}."
        super().__init__(STATUS[failure.code], failure.code, detail, headers=retry)
        self.failure = failure


def diagnose(error: BaseException) -> Failure | None:
    """The failure behind an error of a driver; None where the error is the caller's own (a constraint, bad SQL)."""
    if isinstance(error, PoolTimeout):
        return Failure(BUSY, "all connections are in use")
    if not isinstance(error, DBAPIError):
        return None
    found = _by_code(error)
    if found is None and error.connection_invalidated:
        return Failure(UNAVAILABLE, "the connection broke")
    return found


def diagnose_connect(error: BaseException) -> Failure:
    """The same for an error met while connecting, where every error is the database's or the network's."""
    if isinstance(error, TimeoutError):
        return Failure(UNAVAILABLE, "it does not answer: check host, port and firewall")
    if isinstance(error, ConnectionRefusedError):
        return Failure(
            UNAVAILABLE, "the connection is refused: check that the server runs, and host and port in the URL"
        )
    if isinstance(error, OSError):
        return Failure(UNAVAILABLE, f"it cannot be reached ({error.strerror or error}): check host and port")
    # Only the type: drivers repeat parts of the URL, password and all, in some of their messages.
    return _by_code(error) or Failure(UNAVAILABLE, f"{type(error).__name__}: check the database URL")


def _by_code(error: BaseException | None) -> Failure | None:
    while error is not None:
        found = _of_sqlite(error) or _of_postgresql(error)
        if found:
            return Failure(*found)
        error = (error.orig if isinstance(error, DBAPIError) else None) or error.__cause__
    return None


def _of_sqlite(error: BaseException) -> tuple[str, str] | None:
    code = getattr(error, "sqlite_errorcode", None)
    return None if code is None else SQLITE.get(code & 0xFF)


def _of_postgresql(error: BaseException) -> tuple[str, str] | None:
    state = getattr(error, "sqlstate", None) or ""
    return next((POSTGRESQL[state[:size]] for size in (5, 3, 2) if state[:size] in POSTGRESQL), None)
