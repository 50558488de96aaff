"""What the nursery does: have everything imported, and fork. A worker begins in a moment instead of in seconds.

Reads orders as JSON lines ({"arguments", "environment", "log", "naive"}) and answers each with the number of the new
process. The children run the same doors as in production and die with the nursery.
"""

import ctypes
import json
import os
import signal
import sys
import traceback
from typing import Any

# Imported for the children: what a worker and a beat would load one by one.
import celery.apps.beat
import celery.apps.worker
import celery.bin.beat
import celery.bin.worker
import celery.concurrency.prefork
import celery.concurrency.solo
import celery.worker.request
import clocks
import kombu.transport.redis
import sqlalchemy.dialects.postgresql.psycopg

import workers.tasks
from portal import cli
from portal.commands import ticking, working

import naive  # isort: skip

PRELOADED = (
    celery.apps.beat, celery.apps.worker, celery.bin.beat, celery.bin.worker, celery.concurrency.prefork,
    celery.concurrency.solo, kombu.transport.redis, sqlalchemy.dialects.postgresql.psycopg, ticking, working,
    workers.tasks,
)  # fmt: skip
celery.worker.request.datetime = clocks.Moment  # type: ignore[assignment]  # there it asks whether a tick expired
DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG of prctl(2)


def main() -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the children, so let none linger
    print("ready", flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if child == 0:
            be_born(order)
        print(child, flush=True)


def be_born(order: dict[str, Any]) -> None:
    code = 1
    try:
        ctypes.CDLL(None).prctl(DIE_WITH_PARENT, signal.SIGKILL)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.setsid()  # a group of its own, so that all of it can be killed at once
        log = os.open(order["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        for number, file in ((0, os.open(os.devnull, os.O_RDONLY)), (1, log), (2, log)):
            os.dup2(file, number)
        os.environ.clear()
        os.environ.update(order["environment"])
        clocks.follow(os.environ.get(clocks.VARIABLE, ""))
        sys.argv = ["praktijktest", *order["arguments"]]
        code = int((naive.main if order["naive"] else cli.main)() or 0)
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except BaseException:  # noqa: BLE001 - the outermost edge of a child: told in its log, then gone
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
