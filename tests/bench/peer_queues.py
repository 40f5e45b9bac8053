"""Plain Celery and RQ on jobs that do nothing: ``python -m bench.peer_queues celery 2000 4`` prints jobs per second.

All jobs wait before the first worker starts; the clock runs from the first that is taken to the last that is done.
"""

import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable

from celery import Celery
from redis import Redis

URL = os.environ.get("PEGBOARD_TEST_REDIS", "redis://127.0.0.1:6379/0")
NAME = os.environ.setdefault("BENCH_QUEUE", f"pegboard-bench-{secrets.token_hex(4)}")

app = Celery("peer", broker=URL, set_as_current=False)
app.conf.update(
    accept_content=["json"],
    broker_transport_options={"unacked_key": f"{NAME}.unacked", "unacked_index_key": f"{NAME}.unacked_index"},
    task_acks_late=True,
    task_default_queue=NAME,
    task_ignore_result=True,
    task_reject_on_worker_lost=True,
    task_send_sent_event=True,
    worker_prefetch_multiplier=1,
    worker_send_task_events=True,
)


@app.task(name="nothing")
def do_nothing() -> None:
    return None


def celery(jobs: int, places: int) -> float:
    with app.connection_for_write() as connection, app.amqp.Producer(connection) as producer:
        for _ in range(jobs):
            do_nothing.apply_async(producer=producer)
    command = ("celery", "-A", "bench.peer_queues", "worker", "-c", str(places), "-l", "ERROR")
    redis = Redis.from_url(URL)
    return _timed(command, jobs, lambda: redis.llen(NAME) + redis.hlen(f"{NAME}.unacked"))


def rq(jobs: int, places: int) -> float:
    """As ``rq worker`` does it by default, a process per job; RQ has one place per worker."""
    from rq import Queue

    redis = Redis.from_url(URL)
    queue = Queue(NAME, connection=redis)
    for _ in range(jobs):
        queue.enqueue("time.time", result_ttl=0)
    done = f"rq:wip:{NAME}"
    return _timed(("rq.cli", "worker", "--url", URL, "--quiet", NAME), jobs, lambda: queue.count + redis.zcard(done))


def _timed(command: tuple[str, ...], jobs: int, left: Callable[[], int]) -> float:
    worker = subprocess.Popen((sys.executable, "-m", *command), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while left() >= jobs:
            time.sleep(0.001)
        began = time.perf_counter()
        while left():
            time.sleep(0.005)
        return jobs / (time.perf_counter() - began)
    finally:
        worker.terminate()
        worker.wait()


if __name__ == "__main__":
    print({"celery": celery, "rq": rq}[sys.argv[1]](int(sys.argv[2]), int(sys.argv[3])))
