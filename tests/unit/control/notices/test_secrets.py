"""A webhook's secrets open in its own row, and the one before for as long as it was promised."""

from dataclasses import replace

import pytest

from kit.control import ACTOR
from kit.notices import Notices
from tollway.control.notices.model import NewWebhook
from tollway.control.notices.secrets import secret_aad
from tollway.kernel.errors import TollwayError


def test_the_old_secret_signs_until_its_end_and_not_at_it(notices: Notices) -> None:
    shown = notices.webhooks.create(NewWebhook("a", "https://a.example/"), ACTOR)
    fresh = notices.webhooks.replace_secret(shown.webhook.id, ACTOR, overlap_seconds=60)
    end = fresh.webhook.previous_until_ns
    assert end == notices.clock.now_ns() + 60 * 10**9
    both = [one.reveal() for one in notices.secrets.in_force(fresh.webhook, end - 1)]
    assert both == [fresh.secret.reveal(), shown.secret.reveal()]
    assert [one.reveal() for one in notices.secrets.in_force(fresh.webhook, end)] == [fresh.secret.reveal()]


def test_a_sealed_secret_opens_in_no_other_row(notices: Notices) -> None:
    webhook = notices.webhooks.create(NewWebhook("a", "https://a.example/"), ACTOR).webhook
    with pytest.raises(TollwayError):
        notices.secrets.in_force(replace(webhook, id="hook_other"), 0)
    assert secret_aad("hook_1") == b"webhooks|secret|hook_1"


def test_a_stored_secret_is_not_readable(notices: Notices) -> None:
    secret, sealed = notices.secrets.make("hook_1")
    assert secret.reveal().encode() not in sealed and secret.reveal()[6:].encode() not in sealed
