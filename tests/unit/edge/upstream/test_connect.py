"""What is decided before a socket is made."""

import pytest

from tollway.contract.policy import Upstream
from tollway.edge.upstream.connect import _check_behind_proxy, _interleave
from tollway.edge.upstream.destination import build_destination
from tollway.kernel.errors import TollwayError


def test_families_alternate_beginning_with_the_resolvers_choice() -> None:
    assert _interleave(["::1", "::2", "::3", "1.1.1.1"]) == ["::1", "1.1.1.1", "::2", "::3"]
    assert _interleave(["1.1.1.1", "::1", "1.1.1.2"]) == ["1.1.1.1", "::1", "1.1.1.2"]
    assert _interleave([]) == []


@pytest.mark.parametrize(
    ("host", "allow", "is_refused"),
    [
        ("api.example", (), False),
        ("8.8.8.8", (), False),
        ("10.0.0.1", (), True),
        ("10.0.0.1", ("10.0.0.0/8",), False),
        ("localhost", (), True),
        ("localhost", ("127.0.0.0/8",), True),
        ("localhost", ("*",), False),
        ("x.localhost", (), True),
        ("metadata.google.internal", (), True),
    ],
)
def test_what_is_literally_inside_is_refused_behind_a_proxy(
    host: str, allow: tuple[str, ...], is_refused: bool
) -> None:
    to = build_destination(Upstream(f"http://{host}", allow, proxy_url="http://proxy"), pool_key="k")
    if is_refused:
        with pytest.raises(TollwayError, match=r"upstream\.forbidden_address"):
            _check_behind_proxy(to)
    else:
        _check_behind_proxy(to)
