"""The Celery application: queues, beat, and settings under which a task can be lost or come twice without harm."""

from celery import Celery

from orchestrator.settings import Settings

QUEUES = ("send", "inbox", "reports")
"""One worker per queue in production; all of them in one process by default."""

app = Celery("praktijktest", include=["workers.tasks"])

TICKS = {
    "send-due": ("workers.tasks.send_due", "send", 1.0),
    "sweep": ("workers.tasks.sweep", "send", 5.0),
    "read-mail": ("workers.tasks.read_mail", "inbox", 1.0),
    "advance": ("workers.tasks.advance", "reports", 5.0),
}
"""Name of the tick → task, queue, seconds. A tick only says: look in the database."""


def configure(settings: Settings, tick_scale: float = 1.0) -> Celery:
    """Set the application up for Redis or, without it, for this process alone; ticks come ``tick_scale`` times as slow.

    Sends never use Celery's own ETA, countdown, retry or late acknowledgement: the row decides, and a lost tick is
    followed by the next.
    """
    app.conf.update(
        broker_url=settings.redis_url or "memory://",
        broker_transport_options=_REDIS if settings.redis_url else {"polling_interval": 0.05},
        broker_connection_retry_on_startup=True,
        task_ignore_result=True,
        task_acks_late=False,
        task_reject_on_worker_lost=False,
        task_publish_retry=False,
        task_serializer="json",
        accept_content=["json"],
        task_default_queue="reports",
        worker_prefetch_multiplier=1,
        worker_hijack_root_logger=False,
        worker_soft_shutdown_timeout=30,
        worker_enable_soft_shutdown_on_idle=True,
        timezone="UTC",
        beat_schedule={
            name: {
                "task": task,
                "schedule": seconds * tick_scale,
                "options": {"queue": queue, "expires": max(2.0, 3 * seconds * tick_scale)},
            }
            for name, (task, queue, seconds) in TICKS.items()
        },
        beat_max_loop_interval=min(1.0, tick_scale),
    )
    return app


_REDIS = {
    "visibility_timeout": 300,
    "socket_timeout": 5,
    "socket_connect_timeout": 2,
    "socket_keepalive": True,
}
