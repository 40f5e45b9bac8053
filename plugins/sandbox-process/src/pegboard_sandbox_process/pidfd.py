"""Waiting for descriptors and for processes to end, without a thread and without a signal handler."""

import asyncio
import os
import socket
import subprocess


async def readable(descriptor: socket.socket | int) -> None:
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    loop.add_reader(descriptor, ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_reader(descriptor)


async def gone(process: "subprocess.Popen[bytes]", seconds: float) -> None:
    """Wait for the end of a child of ours. Raises TimeoutError."""
    try:
        pidfd = os.pidfd_open(process.pid)
    except ProcessLookupError:
        pidfd = -1
    if pidfd >= 0:
        try:
            await asyncio.wait_for(readable(pidfd), seconds)
        finally:
            os.close(pidfd)
    process.wait()
