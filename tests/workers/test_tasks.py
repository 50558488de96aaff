"""When one task does more than one batch, and when it leaves the rest to the next."""

from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from workers import runtime, tasks
from workers.dispatch import BATCH


def sends(monkeypatch: pytest.MonkeyPatch, batches: Iterator[int]) -> list[dict[str, object]]:
    """Run the task where the next batches are so large; return with what it asked for another."""
    asked: list[dict[str, object]] = []
    dispatcher, pulse = SimpleNamespace(send_due=lambda: next(batches)), SimpleNamespace(beat=lambda *_: None)
    here = SimpleNamespace(dispatcher=dispatcher, pulse=pulse, database=None, clock=None)
    monkeypatch.setattr(runtime, "current", lambda: here)
    monkeypatch.setattr(tasks.send_due, "apply_async", lambda **how: asked.append(how))
    tasks.send_due()
    return asked


def test_full_batches_follow_each_other_in_one_task(monkeypatch: pytest.MonkeyPatch) -> None:
    batches = iter([BATCH, BATCH, BATCH - 1])
    assert sends(monkeypatch, batches) == []
    assert list(batches) == []


def test_a_task_leaves_what_is_due_after_a_moment_to_another_that_waits_its_turn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tasks, "GO_ON_SECONDS", 0.0)
    batches = iter([BATCH, BATCH])
    assert sends(monkeypatch, batches) == [{"queue": "send", "expires": 10}]
    assert list(batches) == [BATCH]
