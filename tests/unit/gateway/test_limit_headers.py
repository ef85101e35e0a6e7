"""Answers tell of the caller's own limits, in the standard's words and in those of its dialect."""

from typing import Any

import pytest

from tollway.contract.limits import Limit, Limits, Measure, TopUp
from tollway.formats.dialects import CHAT, GEMINI, MESSAGES, RESPONSES
from tollway.gateway.claims import build_claims, combine
from tollway.gateway.limit_headers import refusal_headers, write_lines
from tollway.gateway.room import NO_AMOUNTS, Claims, Hold, NoRoom
from tollway.kernel.clock import FixedClock

NOW = 1_800_000_000 * 10**9  # 2027-01-15T08:00:00Z


def limit(measure: Measure, amount: int, name: str = "", **fields: Any) -> Limit:
    return Limit(name or measure, name or measure, measure, amount, **fields)


def claims_of(*limits: Limit, kind: str = "token", plan: str = "") -> Claims:
    return combine(build_claims(Limits(limits=limits), kind, "o", plan))


def lines(claims: Claims, left: list[int], dialect: Any = GEMINI) -> list[str]:
    return write_lines(Hold(1, claims, NO_AMOUNTS, left=left), dialect, lambda: NOW).decode("ascii").splitlines()


RPM = limit("requests", 60, "per minute", window_seconds=60)
TPD = limit("total_tokens", 5_000, "tokens", period="day", zone="Asia/Tokyo")


def test_policies_and_what_is_left_of_each_are_lists_of_the_same_names() -> None:
    claims = claims_of(RPM, TPD, limit("concurrency", 3), limit("bytes", 9, window_seconds=1))
    assert lines(claims, [59, 4_100, 2, 0]) == [
        'ratelimit-policy: "token/per minute";q=60;w=60, "token/tokens";q=5000;qu="total-tokens", '
        '"token/concurrency";q=3;qu="concurrent-requests", "token/bytes";q=9;w=1;qu="content-bytes"',
        'ratelimit: "token/per minute";r=59;t=60, "token/tokens";r=4100;t=25200, "token/concurrency";r=2, '
        '"token/bytes";r=0;t=1',
    ]


@pytest.mark.parametrize("dialect", [CHAT, RESPONSES], ids=["chat", "responses"])
def test_openai_callers_get_openais_headers_of_the_scarcest(dialect: Any) -> None:
    claims = claims_of(RPM, limit("requests", 1000, "a day", period="day"), TPD)
    tokens = [
        "x-ratelimit-limit-tokens: 5000",
        "x-ratelimit-remaining-tokens: 4100",
        "x-ratelimit-reset-tokens: 7h0m0s",
    ]
    assert lines(claims, [59, 3, 4_100], dialect)[2:] == [
        *tokens,
        "x-ratelimit-limit-requests: 1000",
        "x-ratelimit-remaining-requests: 3",
        "x-ratelimit-reset-requests: 16h0m0s",
    ]
    assert lines(claims, [2, 3, 4_100], dialect)[2:] == [
        *tokens,
        "x-ratelimit-limit-requests: 60",
        "x-ratelimit-remaining-requests: 2",
        "x-ratelimit-reset-requests: 1m0s",
    ]


def test_anthropic_callers_get_anthropics_headers() -> None:
    claims = claims_of(
        RPM,
        limit("input_tokens", 10, "in", window_seconds=10),
        limit("output_tokens", 20, "out", window_seconds=90),
        TPD,
    )
    assert lines(claims, [59, 7, 0, 4_100], MESSAGES)[2:] == [
        "anthropic-ratelimit-requests-limit: 60",
        "anthropic-ratelimit-requests-remaining: 59",
        "anthropic-ratelimit-requests-reset: 2027-01-15T08:01:00Z",
        "anthropic-ratelimit-tokens-limit: 5000",
        "anthropic-ratelimit-tokens-remaining: 4100",
        "anthropic-ratelimit-tokens-reset: 2027-01-15T15:00:00Z",
        "anthropic-ratelimit-input-tokens-limit: 10",
        "anthropic-ratelimit-input-tokens-remaining: 7",
        "anthropic-ratelimit-input-tokens-reset: 2027-01-15T08:00:10Z",
        "anthropic-ratelimit-output-tokens-limit: 20",
        "anthropic-ratelimit-output-tokens-remaining: 0",
        "anthropic-ratelimit-output-tokens-reset: 2027-01-15T08:01:30Z",
    ]


def test_short_durations_are_written_as_openai_does() -> None:
    reset = [lines(claims_of(limit("requests", 5, window_seconds=s)), [1], CHAT)[4] for s in (17, 60, 360, 3_723)]
    assert [line.rpartition(" ")[2] for line in reset] == ["17s", "1m0s", "6m0s", "1h2m3s"]


def test_money_soft_limits_and_other_peoples_limits_are_not_told() -> None:
    soft = limit("requests", 5, window_seconds=60, is_soft=True)
    for claims in (
        claims_of(limit("cost", 5, period="day"), soft),
        claims_of(RPM, kind="global"),
        claims_of(RPM, kind="provider"),
        claims_of(),
    ):
        assert claims.shown is None
        assert lines(claims, [1, 1]) == []
        if claims.every:
            assert refusal_headers(NoRoom(claims.every[0], 5.0, 0, 5), claims, GEMINI, NOW) == {}


def test_what_never_resets_has_no_time() -> None:
    claims = claims_of(limit("requests", 5, "uses", period="total"))
    assert lines(claims, [4], CHAT) == ['ratelimit-policy: "token/uses";q=5', 'ratelimit: "token/uses";r=4']


def test_names_become_strings_that_a_header_can_hold() -> None:
    claims = claims_of(limit("requests", 5, 'a "b" \\ ü\r\nx: y', window_seconds=1), plan="größe")
    assert lines(claims, [4]) == [
        'ratelimit-policy: "token/gr??e/a \\"b\\" \\\\ ???x: y";q=5;w=1',
        'ratelimit: "token/gr??e/a \\"b\\" \\\\ ???x: y";r=4;t=1',
    ]


def test_a_refusal_tells_every_policy_and_the_one_that_refused() -> None:
    claims = claims_of(RPM, TPD, limit("concurrency", 1))
    policy = lines(claims, [1, 1, 1])[0].removeprefix("ratelimit-policy: ")
    refusal = refusal_headers(NoRoom(claims.every[0], 7.2, 0, 60), claims, GEMINI, NOW)
    assert refusal == {"ratelimit-policy": policy, "ratelimit": '"token/per minute";r=0;t=8'}
    assert (
        refusal_headers(NoRoom(claims.every[0], 60.6, 0, 60), claims, GEMINI, NOW)["ratelimit"]
        == '"token/per minute";r=0;t=60'
    )
    assert (
        refusal_headers(NoRoom(claims.every[2], None, 0, 1), claims, GEMINI, NOW)["ratelimit"]
        == '"token/concurrency";r=0'
    )
    others = combine([*claims.every, *build_claims(Limits(limits=(RPM,)), "global", "global")])
    assert others.every[1].owner_kind == "global"
    assert refusal_headers(NoRoom(others.every[1], 7.2, 0, 60), others, GEMINI, NOW) == {}


def test_the_text_is_written_anew_when_its_second_is_over() -> None:
    claims = claims_of(TPD)
    hold = Hold(1, claims, NO_AMOUNTS, left=[7])
    clocks = [FixedClock(NOW + seconds * 10**9) for seconds in (0, 0, 1, 25_199)]
    told = [write_lines(hold, CHAT, clock.now_ns).split(b";t=")[1][:5] for clock in clocks]
    assert told == [b"25200", b"25200", b"25199", b"1\r\nx-"]
    assert claims.shown is not None and len(claims.shown.written) == 1


def test_a_name_with_a_percent_sign_stays_as_it_is() -> None:
    assert lines(claims_of(limit("requests", 5, "100%d", window_seconds=1)), [4], CHAT)[:2] == [
        'ratelimit-policy: "token/100%d";q=5;w=1',
        'ratelimit: "token/100%d";r=4;t=1',
    ]


@pytest.mark.parametrize("dialect", [CHAT, RESPONSES], ids=["chat", "responses"])
def test_a_refusal_tells_openais_callers_of_the_limit_that_refused(dialect: Any) -> None:
    claims = claims_of(RPM, TPD)
    assert refusal_headers(NoRoom(claims.every[0], 7.2, 0, 60), claims, dialect, NOW) == {
        "ratelimit-policy": '"token/per minute";q=60;w=60, "token/tokens";q=5000;qu="total-tokens"',
        "ratelimit": '"token/per minute";r=0;t=8',
        "x-ratelimit-limit-requests": "60",
        "x-ratelimit-remaining-requests": "0",
        "x-ratelimit-reset-requests": "8s",
    }
    never = refusal_headers(NoRoom(claims.every[1], None, 40, 5_000), claims, dialect, NOW)
    assert (never["x-ratelimit-remaining-tokens"], never["x-ratelimit-reset-tokens"]) == ("40", "7h0m0s")


def test_a_refusal_tells_anthropics_callers_of_the_limit_that_refused() -> None:
    claims = claims_of(limit("output_tokens", 900, window_seconds=60))
    headers = refusal_headers(NoRoom(claims.every[0], 20.0, 7, 900), claims, MESSAGES, NOW)
    assert headers["anthropic-ratelimit-output-tokens-limit"] == "900"
    assert headers["anthropic-ratelimit-output-tokens-remaining"] == "7"
    assert headers["anthropic-ratelimit-output-tokens-reset"] == "2027-01-15T08:00:20Z"


def test_a_top_up_is_part_of_what_is_allowed_until_its_end() -> None:
    topped = limit("requests", 60, "per minute", window_seconds=60, top_ups=(TopUp("t", 40, NOW + 10**9, NOW - 1),))
    claims = claims_of(topped)
    assert lines(claims, [99], CHAT)[0].endswith(";q=100;w=60")
    assert lines(claims, [99], CHAT)[2] == "x-ratelimit-limit-requests: 100"
    later = write_lines(Hold(1, claims, NO_AMOUNTS, left=[59]), CHAT, lambda: NOW + 10**9).decode()
    assert ";q=60;w=60" in later and "x-ratelimit-limit-requests: 60" in later
    refusal = refusal_headers(NoRoom(claims.every[0], 1.0, 0, 100), claims, CHAT, NOW)
    assert (refusal["x-ratelimit-limit-requests"], "q=100" in refusal["ratelimit-policy"]) == ("100", True)
