"""Another plugin with models, one of whose names the shop has too."""

from typing import Any

import attrs

from pegboard import hookimpl
from pegboard_models import field, model, models_of
from pegboard_store import Migrations


@model("garden", "product")
@attrs.frozen
class Plant:
    """What grows."""

    name: str = field(max_length=50, unique=True)


@hookimpl
def pegboard_models() -> Any:
    return models_of(Plant)


@hookimpl
def pegboard_migrations() -> Migrations:
    return Migrations("garden", "The garden", package="models_garden.migrations")
