"""A saved integration as its row has it, and as it goes over the wire."""

from datetime import datetime
from typing import Any, Literal

import attrs
from sqlalchemy import Row

Status = Literal["active", "inactive", "error"]
TestOutcome = Literal["success", "failure"]
OWN = (
    "id",
    "tenantId",
    "status",
    "revision",
    "lastTestedAt",
    "lastTestResult",
    "lastRun",
    "nextSyncAt",
    "createdBy",
    "updatedBy",
    "createdAt",
    "updatedAt",
)
"""What the server says of an integration: it stands beside the definition, and is ignored where a client sends it."""


@attrs.frozen
class StoredIntegration:
    """A row. `document` is the definition with the mask for each credential.

    `credentials` is the envelope that these are sealed in, `webhook` that of the webhook's secrets; each is empty
    where there are none.
    """

    id: str
    tenant: str
    document: dict[str, Any]
    status: Status
    revision: int
    created_by: str
    updated_by: str
    created_at: datetime
    updated_at: datetime
    last_tested_at: datetime | None = None
    last_test_result: TestOutcome | None = None
    credentials: str = attrs.field(default="", repr=False)
    webhook: str = attrs.field(default="", repr=False)

    @property
    def name(self) -> str:
        return str(self.document["name"])

    @property
    def kind(self) -> str:
        return str(self.document["integrationType"])

    @classmethod
    def of(cls, row: Row[Any]) -> "StoredIntegration":
        values = row._asdict()
        return cls(**{field.name: values[field.name] for field in attrs.fields(cls)})

    def shown(self) -> dict[str, Any]:
        """As it goes over the wire: the definition, credentials masked, with what the server says of it."""
        return {
            "id": self.id,
            "tenantId": self.tenant,
            **self.document,
            "status": self.status,
            "revision": self.revision,
            "lastTestedAt": self.last_tested_at,
            "lastTestResult": self.last_test_result,
            "createdBy": self.created_by,
            "updatedBy": self.updated_by,
            "createdAt": self.created_at,
            "updatedAt": self.updated_at,
        }
