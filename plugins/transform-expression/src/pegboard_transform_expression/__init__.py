"""Change one value of a record while it is mapped, by an expression of the user's in JavaScript or Python."""

from pegboard import ServiceRegistry, Settings, Transform, hookimpl
from pegboard_sandbox_process import ProcessSettings

from .config import ExpressionConfig
from .failures import ExpressionFailed, ExpressionRefused
from .service import Expressions, opener
from .settings import ExpressionSettings
from .transform import EXPRESSION, check

__version__ = "0.1.0"

__all__ = [
    "EXPRESSION",
    "ExpressionConfig",
    "ExpressionFailed",
    "ExpressionRefused",
    "ExpressionSettings",
    "Expressions",
    "check",
]


@hookimpl
def pegboard_settings() -> type:
    return ExpressionSettings


@hookimpl
def pegboard_services(registry: ServiceRegistry, settings: Settings) -> None:
    registry.offer(Expressions, opener(settings.of(ExpressionSettings), settings.of(ProcessSettings)))


@hookimpl
def pegboard_transforms() -> Transform:
    return EXPRESSION
