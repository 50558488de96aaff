"""A clock that jumps stops the sending, once, until a person opens it again."""

from workers.clock_guard import ClockGuard


def test_a_jump_of_the_wall_clock_is_told_once_and_a_slow_drift_is_not() -> None:
    wall, steady = [1000.0], [5.0]
    guard = ClockGuard(lambda: wall[0], lambda: steady[0])
    wall[0], steady[0] = 1100.0, 104.0
    assert guard.jump() is None
    wall[0] += 3600
    assert guard.jump() == 3601
    assert guard.jump() is None
    wall[0] -= 3600
    assert guard.jump() == -3600
