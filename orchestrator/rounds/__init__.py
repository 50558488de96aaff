"""The only writer of round state: plan, approve, start, claim, record, pause, close, and what comes back."""

from orchestrator.rounds.lookup import find, latest

__all__ = ["find", "latest"]
