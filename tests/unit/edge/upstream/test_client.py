"""Pools by destination: kept when only deadlines changed, never shared across addresses or trust."""

import msgspec
import pytest

from tollway.contract.policy import Timeouts, Upstream
from tollway.edge.upstream.client import EdgeUpstreams
from tollway.edge.upstream.destination import build_destination

TO = build_destination(Upstream("http://h"), pool_key="k")


async def test_a_pool_outlives_a_change_of_deadlines() -> None:
    upstreams = EdgeUpstreams()
    pool = upstreams._renew(None, TO)
    assert upstreams._renew(pool, msgspec.structs.replace(TO, timeouts=Timeouts(1, 1, 1, 1))) is pool
    assert pool.destination.timeouts.total_seconds == 1
    upstreams.close()


@pytest.mark.parametrize(
    "change",
    [
        {"scheme": "https"},
        {"host": "other"},
        {"port": 81},
        {"host_header": b"other"},
        {"allow_private": ("*",)},
        {"ca_pem": "x"},
        {"proxy_url": "http://proxy"},
    ],
)
async def test_a_pool_ends_with_any_other_change(change: dict[str, object]) -> None:
    """A key sent over a connection made for another host or another trust would be given away."""
    upstreams = EdgeUpstreams()
    pool = upstreams._renew(None, TO)
    assert upstreams._renew(pool, msgspec.structs.replace(TO, **change)) is not pool
    upstreams.close()


async def test_pools_that_are_not_wanted_are_forgotten() -> None:
    upstreams = EdgeUpstreams()
    for key in ("a", "b", "c"):
        upstreams._renew(None, msgspec.structs.replace(TO, pool_key=key))
    upstreams.keep([msgspec.structs.replace(TO, pool_key="b")])
    assert [counts.pool_key for counts in upstreams.counts()] == ["b"]
    upstreams.close()
    assert upstreams.counts() == []
