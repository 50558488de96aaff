"""What followed a round is told from five offices on, and nothing that a subtraction would give away."""

import pytest

from results import aftermath


@pytest.mark.parametrize(
    ("agreed", "done", "shown"),
    [
        (4, 4, (None, None)),
        (5, 5, (5, 5)),
        (9, 5, (9, None)),
        (10, 5, (10, 5)),
        (12, 3, (12, None)),
        (0, 0, (None, None)),
    ],
)
def test_few_offices_are_not_told_also_not_by_a_subtraction(
    agreed: int, done: int, shown: tuple[int | None, int | None]
) -> None:
    found = aftermath.told({"agreed": agreed, "done": done}, ("talk-held",))
    assert found == {"agreed": shown[0], "done": shown[1], "talk-held": None}
