"""Anybody's data: which file, which design, which columns; and out of it the tables that statistics are made of."""

from results.own_data.tables import ArmTable, LabelTable, OwnTable, PairTable, SetTable, ValueTable
from results.own_data.wishes import Design, Wishes

__all__ = ["ArmTable", "Design", "LabelTable", "OwnTable", "PairTable", "SetTable", "ValueTable", "Wishes"]
