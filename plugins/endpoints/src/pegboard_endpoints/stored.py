"""A saved widget as its row has it."""

from datetime import datetime
from typing import Any

import attrs
from sqlalchemy import Row

from pegboard import Secret

from .credentials import masked
from .documents import EndpointData, Widget, WidgetDraft


@attrs.frozen
class StoredWidget:
    """A row. `draft` holds what the user said, with the mask for each credential.

    `credentials` is the envelope that these are sealed in, empty where there are none. None is a row from before there
    was a vault: its draft has them in the clear, until a start seals them.
    """

    id: str
    tenant: str
    draft: WidgetDraft
    revision: int
    created_at: datetime
    updated_at: datetime
    credentials: str | None = attrs.field(default=None, repr=False)

    @classmethod
    def of(cls, row: Row[Any]) -> "StoredWidget":
        draft = WidgetDraft(
            name=row.name,
            project_id=row.project_id,
            endpoint=row.endpoint,
            endpoint_data=EndpointData(**row.endpoint_data),
            description=row.description,
            size=row.size,
            public=row.public,
            path=row.path,
            methods=row.methods,
        )
        return cls(row.id, row.tenant, draft, row.revision, row.created_at, row.updated_at, row.credentials)

    def told(self) -> dict[str, Any]:
        """As an auditor is told of it: credentials masked, and their envelope, which differs where one of them does."""
        told = attrs.asdict(self.draft, recurse=False) | {"endpoint_data": masked(self.draft.endpoint_data)}
        return told | ({"credentials": Secret(self.credentials)} if self.credentials else {})

    def shown(self) -> Widget:
        """As it goes over the wire, credentials masked."""
        draft = self.draft
        return Widget(
            id=self.id,
            name=draft.name,
            project_id=draft.project_id,
            description=draft.description,
            size=draft.size,
            endpoint=draft.endpoint,
            endpoint_data=masked(draft.endpoint_data),
            public=draft.public,
            path=draft.path,
            methods=list(draft.methods),
            execute_url=f"/public/widgets/{self.id}/execute",
            revision=self.revision,
            created_at=self.created_at,
            updated_at=self.updated_at,
        )
