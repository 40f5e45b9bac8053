"""Processes that each open an app of their own over one database, and then ask for a token, all at once.

The first line of the input says how; each process prints a line when it is ready, and one with what it got. They begin
when the input ends. Forked rather than started, so that twenty of them have imported everything after a second.
"""

import asyncio
import json
import os
import sys
from typing import Any

import pegboard_auth_oauth2
import pegboard_egress
import pegboard_store
import pegboard_vault
from pegboard import Problem
from pegboard.board import Board
from pegboard.json import converter
from pegboard_auth_oauth2 import OAuth2Config, OAuthTokens

PLUGINS = {
    "auth-oauth2": pegboard_auth_oauth2,
    "egress": pegboard_egress,
    "store": pegboard_store,
    "vault": pegboard_vault,
}


def say(**line: Any) -> None:
    os.write(1, json.dumps({"pid": os.getpid(), **line}).encode() + b"\n")


async def ask(told: Any, starting: int) -> None:
    board = Board.build(settings=told["settings"], plugins=PLUGINS, environ={}, installed=False)
    os.read(turn[0], 1)  # apps are opened one after another: what is tried is asking at once
    async with board.running() as services:
        os.write(turn[1], b".")
        config = converter.structure(told["config"], OAuth2Config)
        say(ready=True)
        os.read(starting, 1)
        try:
            token = await services.get(OAuthTokens).token(config, "acme", "credential-1")
        except Problem as problem:
            say(problem=problem.detail)
        else:
            say(token=token.access.reveal(), version=token.version)


told = json.loads(sys.stdin.readline())
starting, start = os.pipe()
turn = os.pipe()
os.write(turn[1], b".")
children = []
for _ in range(told["count"]):
    child = os.fork()
    if child == 0:
        os.close(start)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        asyncio.run(ask(told, starting))
        os._exit(0)
    children.append(child)
sys.stdin.read()
os.close(start)
for child in children:
    os.waitpid(child, 0)
