"""The usual way, to show what the protocol prevents: one Celery task per letter, late acknowledgement, retries.

It is written with care, as the usual way goes: a letter that is marked as sent is not sent again, the visibility
time-out is far above what a task takes, nothing waits in the broker for its moment, and the publisher never forgets.
"""

import os
import smtplib
from email.message import EmailMessage
from typing import Any

import psycopg
from celery import Celery, Task

QUEUE = "naive"
VISIBILITY_SECONDS = 20
GONE = (ConnectionError, smtplib.SMTPException, OSError, psycopg.Error)
TABLE = """CREATE TABLE naive_letter (id serial PRIMARY KEY, message_id text UNIQUE, pair int, "order" int,
    recipient text, sender text, body text, sent_at timestamptz, failed boolean DEFAULT false)"""

app = Celery("naive")


def configure(redis_url: str) -> Celery:
    """Set the application up for this broker; used by its workers and by who publishes."""
    app.conf.update(
        broker_url=redis_url,
        broker_transport_options={
            "visibility_timeout": VISIBILITY_SECONDS,
            "unacked_restore_interval": 2,
            "unacked_restore_throttle": 1,
            "socket_timeout": 5,
            "socket_connect_timeout": 2,
        },
        broker_connection_retry_on_startup=True,
        task_ignore_result=True,
        task_default_queue=QUEUE,
        worker_prefetch_multiplier=1,
        worker_hijack_root_logger=False,
    )
    return app


class Letter(Task):  # type: ignore[type-arg]  # the stubs' Task is generic, Celery's is not
    """A task that notes on the letter when the last retry failed."""

    def on_failure(self, exc: Exception, task_id: str, args: Any, kwargs: Any, einfo: Any) -> None:  # noqa: ARG002
        with _database() as database:
            database.execute("UPDATE naive_letter SET failed = true WHERE id = %s", (args[0],))


@app.task(
    base=Letter,
    name="naive.send",
    acks_late=True,
    reject_on_worker_lost=True,
    autoretry_for=GONE,
    retry_backoff=1,
    retry_backoff_max=4,
    max_retries=5,
)
def send(letter: int) -> None:
    """Send one letter, unless it is marked as sent; then mark it."""
    with _database() as database:
        row = database.execute(
            "SELECT message_id, recipient, sender, body, sent_at FROM naive_letter WHERE id = %s", (letter,)
        ).fetchone()
    assert row is not None
    message_id, recipient, sender, body, sent_at = row
    if sent_at is not None:
        return
    message = EmailMessage()
    message["Message-ID"], message["From"], message["To"] = message_id, sender, recipient
    message.set_content(body)
    with smtplib.SMTP("127.0.0.1", int(os.environ["NAIVE_SMTP_PORT"]), timeout=3) as smtp:
        smtp.send_message(message)
    with _database() as database:
        database.execute("UPDATE naive_letter SET sent_at = now() WHERE id = %s", (letter,))


def _database() -> "psycopg.Connection[tuple[Any, ...]]":
    return psycopg.connect(os.environ["NAIVE_DATABASE"], connect_timeout=5)


def main() -> None:
    """Be a worker, as told by the environment."""
    configure(os.environ["NAIVE_REDIS"]).worker_main(
        [
            "worker",
            "-Q",
            QUEUE,
            "--concurrency=1",
            "-n",
            f"{os.getpid()}@%h",
            "--loglevel=WARNING",
            "--without-mingle",
            "--without-gossip",
        ]
    )
