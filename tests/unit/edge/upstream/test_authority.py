"""Host and port: international names have one ASCII form or none."""

import pytest

from tollway.edge.upstream.authority import REFUSED_PORTS, parse_authority


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("bücher.example", "xn--bcher-kva.example"),
        ("BÜCHER.example", "xn--bcher-kva.example"),
        ("例え.jp", "xn--r8jz45g.jp"),
    ],
)
def test_an_international_name_becomes_ascii(text: str, host: str) -> None:
    assert parse_authority(text, default_port=80, what="x") == (host, 80)


@pytest.mark.parametrize(
    "text", ["faß.de", "ｅｘ.com", "①.com", "a。b", "a\u200db.com", "ς.gr", "ü" * 300, "ü..x", "℡.com"]
)
def test_a_name_that_would_be_mapped_to_another_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^x has a host name"):
        parse_authority(text, default_port=80, what="x")


@pytest.mark.parametrize("port", sorted(REFUSED_PORTS))
def test_ports_of_other_protocols_are_refused(port: int) -> None:
    with pytest.raises(ValueError, match="another protocol"):
        parse_authority(f"h:{port}", default_port=80, what="x")


def test_the_default_port_stands_in() -> None:
    assert parse_authority("h", default_port=3128, what="x") == ("h", 3128)
    assert parse_authority("[::1]:8080", default_port=3128, what="x") == ("::1", 8080)
