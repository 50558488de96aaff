"""What the tasks of this process work with: made once from the environment, or set by an embedding command."""

from dataclasses import dataclass
from functools import cached_property

from orchestrator.clock import Clock
from orchestrator.control import read_clock
from orchestrator.db import Database
from orchestrator.garbage import collect_less
from orchestrator.settings import Settings
from workers import faults
from workers.backup_guard import BackupGuard
from workers.channels.choose import channels
from workers.dispatch import Dispatcher
from workers.inbox import imap
from workers.patience import Patience
from workers.pulse import Pulse
from workers.watch import Watch


@dataclass(frozen=True)
class Runtime:
    """The settings, database and clock of one process."""

    settings: Settings
    database: Database
    clock: Clock

    @classmethod
    def open(cls, settings: Settings) -> "Runtime":
        """Connect to the database of these settings and read its clock."""
        collect_less()  # a child of a pool did not come in by the command
        faults.arm(settings.fault_at, testing=settings.fault_tests)
        database = Database.at(settings.database, settings.keys)
        return cls(settings, database, read_clock(database))

    @cached_property
    def dispatcher(self) -> Dispatcher:
        backups = BackupGuard(self.settings.data / "ledger-head.json", imap.ledger_source(self.settings))
        return Dispatcher(
            self.database, self.clock, self.settings, channels(self.settings), backups=backups,
            often=self.database.repeating(),
        )  # fmt: skip

    @cached_property
    def watch(self) -> Watch:
        return Watch()

    @cached_property
    def pulse(self) -> Pulse:
        return Pulse()

    @cached_property
    def patience(self) -> Patience:
        return Patience()


_current: Runtime | None = None


def use(runtime: Runtime) -> None:
    """Make this the runtime of every task in this process."""
    global _current
    _current = runtime


def opened() -> Runtime | None:
    """Return the runtime of this process; None when no task of it asked for one yet."""
    return _current


def current() -> Runtime:
    """Return the runtime of this process; made from the environment when nobody set one."""
    if _current is None:
        use(Runtime.open(Settings.from_env()))
    assert _current is not None  # noqa: S101 - set on the line before
    return _current
