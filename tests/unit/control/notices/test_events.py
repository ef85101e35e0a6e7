"""What happened, as receivers read it."""

import json

import msgspec
import pytest

from tollway.control.notices.events import (
    KINDS,
    Event,
    Kind,
    UserInvited,
    WebhookTest,
    encode_body,
    write_instant,
    write_instant_or_none,
)

NOW_NS = 1_800_000_000_999_999_999


def test_a_body_says_what_when_and_in_which_version() -> None:
    body = json.loads(encode_body("evt_1", Event(UserInvited("user_1", "Zoë", "viewer", "local:operator"), NOW_NS)))
    assert body == {
        "id": "evt_1",
        "type": "user.invited",
        "version": 1,
        "timestamp": "2027-01-15T08:00:00Z",
        "data": {"id": "user_1", "name": "Zoë", "role": "viewer", "by": "local:operator"},
    }


def test_every_kind_is_described_once_and_by_a_type_of_its_own() -> None:
    assert set(KINDS) == set(Kind)
    assert len({one.data for one in KINDS.values()}) == len(KINDS)
    assert [kind for kind, one in KINDS.items() if not one.can_be_chosen] == [
        Kind.TOKEN_SECRET_READY,
        Kind.WEBHOOK_TEST,
    ]


@pytest.mark.parametrize("kind", Kind)
def test_no_event_has_a_place_for_a_secret(kind: Kind) -> None:
    fields = msgspec.structs.fields(KINDS[kind].data)
    words = ("secret", "password", "mac", "hash", "credential", "link", "url")
    # What collects a new secret works once, and only there: docs/decisions has the page.
    allowed = {"collect_url"} if kind is Kind.TOKEN_SECRET_READY else set()
    assert {field.name for field in fields if any(word in field.name for word in words)} == allowed


def test_the_kind_follows_from_the_data() -> None:
    assert Event(WebhookTest("hook_1", "a", "x"), 0).kind is Kind.WEBHOOK_TEST


def test_instants_are_whole_seconds_in_utc() -> None:
    assert write_instant(NOW_NS) == "2027-01-15T08:00:00Z"
    assert (write_instant_or_none(None), write_instant_or_none(0)) == (None, "1970-01-01T00:00:00Z")
