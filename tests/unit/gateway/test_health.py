"""A resting key is tried last, for a bounded time."""

from tollway.gateway.health import REST_NS, REST_NS_MAX, Health


def test_rest_ends_by_time_or_success_and_is_bounded():
    health = Health()
    assert not health.is_resting("p", "k", 0)
    health.failed("p", "k", 0)
    assert health.is_resting("p", "k", REST_NS - 1)
    assert not health.is_resting("p", "k", REST_NS)
    assert not health.is_resting("p", "other", 0)
    health.failed("p", "k", 0, 10**15)
    assert health.resting(5) == [("p", "k", REST_NS_MAX)] and health.resting(REST_NS_MAX) == []
    assert not health.is_resting("p", "k", REST_NS_MAX)
    health.failed("p", "k", 0)
    health.worked("p", "k")
    assert not health.is_resting("p", "k", 0)
