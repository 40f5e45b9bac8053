"""What was done, told to whoever keeps a record of it."""

from typing import Any, Literal, Protocol

import attrs
from starlette.requests import HTTPConnection

from .auth import Principal
from .record import check_name


@attrs.frozen
class AuditEvent:
    """One operation on one object, such as ``integrations.update`` on the ``integration`` of some id.

    `before` and `after` are the object as plain values or attrs classes, None where there is none: an auditor keeps
    only how they differ, and masks what is secret. Give secrets as `pegboard.Secret`, as sealed values or under names
    that say what they are (``password``, ``apiKey``). `detail` is a line for people; nothing in it may be secret.
    """

    action: str = attrs.field(validator=check_name)
    kind: str = ""
    id: str = ""
    before: Any = attrs.field(default=None, repr=False)
    after: Any = attrs.field(default=None, repr=False)
    outcome: Literal["success", "failure", "refused"] = attrs.field(
        default="success", validator=attrs.validators.in_(("success", "failure", "refused"))
    )
    detail: str = ""


class Auditor(Protocol):
    """The service that keeps who did what, where a plugin offers one; `pegboard.record_event` asks it."""

    async def record(
        self,
        event: AuditEvent,
        *,
        principal: Principal,
        request: HTTPConnection | None = None,
        transaction: Any = None,
    ) -> None:
        """Keep an event that `principal` caused, by `request` where it came over the network.

        `transaction` is that of the change, as the plugin that stores things understands one (the kernel does not):
        the record is kept if, and only if, the change is. Without it the record is kept at once. It raises where it
        cannot keep the record, so that nothing happens unseen.
        """
        ...
