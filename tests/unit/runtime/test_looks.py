"""Whoever works beside the requests looks after each commit, and now and then for what falls due by itself."""

from tollway.runtime.looks import DUE_SECONDS, Looks


def test_a_look_is_due_at_first_then_after_each_commit_and_every_two_seconds() -> None:
    commits, now = 0, 100.0
    looks = Looks(lambda: commits, lambda: now)
    assert looks.are_due()
    assert not looks.are_due()
    commits += 1
    assert looks.are_due(), "something was committed"
    assert not looks.are_due()
    now += DUE_SECONDS - 0.01
    assert not looks.are_due()
    now += 0.01
    assert looks.are_due(), "something may have fallen due"
    assert not looks.are_due()


def test_what_is_committed_while_somebody_looks_is_seen_by_the_next_look() -> None:
    commits = iter([0, 1])
    looks = Looks(lambda: next(commits), lambda: 0.0)
    assert looks.are_due()
    assert looks.are_due()
