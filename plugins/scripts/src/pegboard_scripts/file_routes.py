"""``/api/files``: uploads."""

from collections.abc import Sequence

from pegboard import AuditEvent, Call, Rate, RouteSpec, record_event

from .uploads import Upload, Uploads

TAGS = ("files",)


async def receive_file(call: Call[None, None]) -> Upload:
    upload = await call.services.get(Uploads).receive(call.caller, call.request)
    event = AuditEvent("files.create", "file", upload.id, after=upload)
    await record_event(call.services, event, principal=call.caller, request=call.request)
    return upload


async def list_files(call: Call[None, None]) -> Sequence[Upload]:
    return await call.services.get(Uploads).list(call.caller)


async def remove_file(call: Call[None, None]) -> None:
    await call.services.get(Uploads).remove(call.caller, call.path["id"])
    event = AuditEvent("files.delete", "file", call.path["id"])
    await record_event(call.services, event, principal=call.caller, request=call.request)


FILE_ROUTES = (
    RouteSpec(
        "files.create",
        "/api/files",
        receive_file,
        ("POST",),
        "Send a file ahead",
        "multipart/form-data with one part, named `file`. The id that comes back is what file parameters take.",
        TAGS,
        scopes=("scripts:write",),
        result=Upload,
        status=201,
        answers={
            400: "The body is not one file in multipart/form-data",
            413: "The file, or all files of the caller, are too large",
            415: "The body is not multipart/form-data",
        },
        rate=Rate(120, 60),
    ),
    RouteSpec(
        "files.list",
        "/api/files",
        list_files,
        summary="The caller's uploads",
        tags=TAGS,
        scopes=("scripts:read",),
        result=Sequence[Upload],
    ),
    RouteSpec(
        "files.delete",
        "/api/files/{id}",
        remove_file,
        ("DELETE",),
        "Remove an upload",
        tags=TAGS,
        scopes=("scripts:write",),
        status=204,
    ),
)
