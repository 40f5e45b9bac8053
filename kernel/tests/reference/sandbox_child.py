"""The zygote of the reference sandbox: forks a child for each job. argv: the control socket's descriptor."""

import ast
import json
import os
import resource
import signal
import socket
import sys

LOOPS = (ast.For, ast.While)


class Refused(Exception):
    pass


def violation(code, line=1, column=1):
    return {"code": code, "name": "", "line": line, "column": column, "message": code.lower()}


def depth(node):
    inner = max(map(depth, ast.iter_child_nodes(node)), default=0)
    return inner + isinstance(node, LOOPS)


def parsed(job):
    try:
        tree = ast.parse(job["source"], "<program>")
    except SyntaxError as error:
        raise Refused([violation("SYNTAX", error.lineno or 1, error.offset or 1)]) from None
    if depth(tree) > job["nesting"]:
        raise Refused([violation("NESTING")])
    entry = job["entry"]
    if entry and not any(isinstance(s, ast.FunctionDef) and s.name == entry for s in tree.body):
        raise Refused([violation("MISSING_ENTRY")])
    if not entry:
        shell = ast.parse("def _body(): pass", "<program>")
        shell.body[0].body = tree.body or shell.body[0].body
        tree = shell
    return tree


def user_line(error):
    line, step = None, error.__traceback__
    while step:
        line = step.tb_lineno if step.tb_frame.f_code.co_filename == "<program>" else line
        step = step.tb_next
    return line


def run(job):
    tree = parsed(job)
    if job["kind"] == "check":
        return {"ending": "result", "result": "null"}
    space = {"__name__": "program"}
    exec(compile(tree, "<program>", "exec"), space)
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(job["recursion"] + 12)
    try:
        value = space[job["entry"] or "_body"](*job["arguments"])
    finally:
        sys.setrecursionlimit(limit)
    try:
        text = json.dumps(value, allow_nan=False)
    except (TypeError, ValueError) as error:
        return {"ending": "limit", "limit": "not-serializable", "message": str(error)}
    if len(text) > job["result"]:
        return {"ending": "limit", "limit": "result", "allowed": job["result"], "message": "the result is too long"}
    return {"ending": "result", "result": text}


def ended(job):
    try:
        return run(job)
    except Refused as refused:
        return {"ending": "violation", "violations": refused.args[0]}
    except RecursionError:
        return {"ending": "limit", "limit": "recursion", "allowed": job["recursion"], "message": "too deep"}
    except MemoryError:
        return {"ending": "limit", "limit": "memory", "allowed": job["memory"], "message": "out of memory"}
    except SystemExit as error:
        return {"ending": "exception", "type": "SystemExit", "message": "it exited", "exit_code": error.code}
    except Exception as error:
        return {"ending": "exception", "type": type(error).__name__, "message": str(error), "line": user_line(error)}


def child(job_fd, answer_fd, *streams):
    """Do one job, whose standard streams are the last three descriptors, and write how it ended."""
    for number, fd in enumerate(streams):
        os.dup2(fd, number)
    with os.fdopen(job_fd) as file:
        job = json.load(file)
    os.chdir(job["folder"])
    resource.setrlimit(resource.RLIMIT_AS, (job["memory"], job["memory"]))
    answer = ended(job)
    sys.stdout.flush()
    os.write(answer_fd, json.dumps(answer).encode())
    os._exit(0)


def main():
    control = socket.socket(fileno=int(sys.argv[1]))
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        data, fds, _, _ = socket.recv_fds(control, 16, 5)
        if not data:
            return
        pid = os.fork()
        if pid == 0:
            control.close()
            child(*fds)
        for fd in fds:
            os.close(fd)
        control.send(b"%d" % pid)


main()
