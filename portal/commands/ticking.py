"""The clock that wakes the workers, as a process of its own for production; it knows neither pages nor tasks."""

from orchestrator import logs
from orchestrator.settings import Settings
from profiles.errors import Refused
from workers.app import configure


def beat() -> None:
    """Run the clock; it keeps nothing on disk, for a file left by a killed process would stop the next one."""
    settings = with_redis()
    logs.configure(settings, "beat")
    app = configure(settings)
    app.conf.include = ()  # beat calls tasks by their names: what they do is for workers to know
    app.start(["beat", "--loglevel=WARNING", "--scheduler", "celery.beat:Scheduler", "--pidfile="])


def with_redis() -> Settings:
    """Return the settings, in which Redis is; raise `Refused` when it is not."""
    settings = Settings.from_env()
    if settings.redis_url is None:
        raise Refused(
            "no-redis",
            "Losse werkprocessen vinden elkaar via Redis, maar PRAKTIJKTEST_REDIS_URL is niet gezet.",
            "Zet die instelling, of gebruik praktijktest run: dan is er niets extra's nodig.",
        )
    return settings
