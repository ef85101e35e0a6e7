"""The handshake of a tunnel, and what each end does when the other is gone."""

import pytest

from tollway.edge.upstream.tunnel import Tunnel, check_handshake
from tollway.kernel.errors import TollwayError

# The example of RFC 6455 section 1.3.
KEY, ACCEPT = "dGhlIHNhbXBsZSBub25jZQ==", b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


class StandInAnswer:
    """A 101 with given headers."""

    def __init__(self, upgrade: bytes, *accepts: bytes) -> None:
        self.upgrade = upgrade
        self.headers = [(b"sec-websocket-accept", accept) for accept in accepts]
        self.is_closed = False
        self.connection = None

    def close(self) -> None:
        self.is_closed = True


def test_the_answer_of_the_rfc_is_accepted() -> None:
    check_handshake(StandInAnswer(b"WebSocket", ACCEPT), KEY)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("upgrade", "accepts", "key"),
    [
        (b"websocket", (), KEY),
        (b"websocket", (ACCEPT, ACCEPT), KEY),
        (b"websocket", (b"x",), KEY),
        (b"websocket", (ACCEPT.lower(),), KEY),
        (b"websocket", (ACCEPT,), "AAAAAAAAAAAAAAAAAAAAAA=="),
        (b"websocket", (ACCEPT,), None),
        (b"h2c", (ACCEPT,), KEY),
        (b"", (ACCEPT,), KEY),
    ],
)
def test_any_other_answer_is_refused_and_closed(upgrade: bytes, accepts: tuple[bytes, ...], key: str | None) -> None:
    answer = StandInAnswer(upgrade, *accepts)
    with pytest.raises(TollwayError, match=r"upstream\.protocol"):
        check_handshake(answer, key)  # type: ignore[arg-type]
    assert answer.is_closed


def test_after_the_upstream_is_gone_the_callers_bytes_go_nowhere() -> None:
    tunnel = Tunnel(None, StandInAnswer(b""))  # type: ignore[arg-type]
    tunnel.feed(b"late")
    tunnel.receive(b"early")
    tunnel.closed()
    assert (tunnel.bytes_from_caller, tunnel.bytes_from_upstream) == (0, 0)
