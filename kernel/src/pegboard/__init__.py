"""The board: a plugin microkernel for ASGI applications that their own users extend."""

from .app import create_app
from .auditing import record_event
from .contracts import *  # noqa: F403
from .contracts import __all__ as _contracts
from .hookspecs import hookimpl
from .measuring import Meters
from .notices import Notice, Notices
from .opened import Sandboxes, ScriptRunners
from .problems import FieldError, MissingCredential, MissingService, Problem, StartupError, render_problem
from .registry import Registries, Registry
from .routing import FixedRoutes, RouteTable
from .secrets import Secret
from .services import ServiceRegistry
from .settings import KernelSettings, Settings, setting

__version__ = "0.1.0"

__all__ = [
    "FieldError",
    "FixedRoutes",
    "KernelSettings",
    "Meters",
    "MissingCredential",
    "MissingService",
    "Notice",
    "Notices",
    "Problem",
    "Registries",
    "Registry",
    "RouteTable",
    "Sandboxes",
    "ScriptRunners",
    "Secret",
    "ServiceRegistry",
    "Settings",
    "StartupError",
    "create_app",
    "hookimpl",
    "record_event",
    "render_problem",
    "setting",
    *_contracts,
]
