"""What plugins are tested with: apps in process and on sockets, an upstream stand-in, callers, processes, suites.

Nothing here needs pytest but `pegboard.testing.suites` and `pegboard.testing.fixtures`.
"""

from . import callers
from .app import Client, SocketRefused, WebSocketSession, client, running, serve
from .callers import caller
from .census import Census
from .forking import Forking, forking
from .processes import ServerProcess, run_pegboard, served
from .upstream import Answer, Received, Upstream, answer, upstream

__all__ = [
    "Answer",
    "Census",
    "Client",
    "Forking",
    "Received",
    "ServerProcess",
    "SocketRefused",
    "Upstream",
    "WebSocketSession",
    "answer",
    "caller",
    "callers",
    "client",
    "forking",
    "run_pegboard",
    "running",
    "serve",
    "served",
    "upstream",
]
