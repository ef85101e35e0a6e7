"""A finding never shows the secret it was made from."""

from tollway.cli.scanning.model import Finding
from tollway.policy.token import generate_token, parse_token


def test_a_finding_shows_prefix_and_id_only() -> None:
    text = generate_token("p", bytes(range(48))).reveal()
    token = parse_token(text)
    assert token is not None
    finding = Finding("x", 1, 1, token)
    assert finding.masked == f"twp_{text[4:16]}…"
    assert text[16:] not in repr(finding)
