"""What a user would pick instead: one task per letter, with late acknowledgement and retries, and a row to mark.

None of them keeps a letter from going twice; that is the point of the comparison. Which one runs is its own process:
``celery -A benchmarks.rivals worker``, ``dramatiq benchmarks.rivals``, ``huey_consumer benchmarks.rivals.huey``.
"""

import os
import smtplib
import threading
from typing import Any

import psycopg

TABLE = "CREATE TABLE letter (id int PRIMARY KEY, body text NOT NULL, sent boolean NOT NULL DEFAULT false)"
_here = threading.local()


def send(number: int) -> None:
    """Read the letter, hand it in over a connection that is kept, and mark it."""
    database, mail = _connections()
    ((body,),) = database.execute("SELECT body FROM letter WHERE id = %s", (number,))
    mail.sendmail("an@woonpost.example", [f"huur@kantoor-{number}.example"], body)
    database.execute("UPDATE letter SET sent = true WHERE id = %s", (number,))


def _connections() -> tuple[psycopg.Connection[Any], smtplib.SMTP]:
    if not hasattr(_here, "kept"):
        database = psycopg.connect(os.environ["RIVAL_DATABASE"], autocommit=True)
        _here.kept = database, smtplib.SMTP("127.0.0.1", int(os.environ["RIVAL_SMTP"]))
    kept: tuple[psycopg.Connection[Any], smtplib.SMTP] = _here.kept
    return kept


if (kind := os.environ.get("RIVAL")) == "celery":
    from celery import Celery

    celery = Celery("rivals", broker=os.environ["RIVAL_REDIS"])
    celery.conf.update(task_acks_late=True, task_ignore_result=True, worker_prefetch_multiplier=4)
    task = celery.task(name="send", autoretry_for=(OSError,), max_retries=3)(send)
    ask = task.delay
elif kind == "dramatiq":
    import dramatiq
    from dramatiq.brokers.redis import RedisBroker

    dramatiq.set_broker(RedisBroker(url=os.environ["RIVAL_REDIS"]))
    ask = dramatiq.actor(max_retries=3)(send).send
elif kind == "huey":
    from huey import RedisHuey

    huey = RedisHuey("rivals", url=os.environ["RIVAL_REDIS"], results=False)
    ask = huey.task(retries=3)(send)


def fill(letters: int) -> None:
    """Ask for each letter once."""
    for number in range(letters):
        ask(number)
