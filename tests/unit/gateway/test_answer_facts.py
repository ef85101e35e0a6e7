"""What a head says is worked out once, and never for another head."""

import pytest

from kit.gateway_kit import ScriptedAnswer
from tollway.gateway.answer_facts import facts_of, find_header, label_json, passed_back

WAIT, KIND = (b"retry-after", b"3"), (b"content-type", b"application/json")


def test_the_first_of_each_name_is_found_and_passed_back():
    answer = ScriptedAnswer(headers=[WAIT, (b"retry-after", b"9"), (b"x-secret", b"y")])
    assert find_header(answer, b"retry-after") == "3" and find_header(answer, b"x-none") == ""
    assert passed_back(answer) == (KIND, WAIT)
    assert facts_of(answer).lines == b"content-type: application/json\r\nretry-after: 3\r\n"


def test_a_head_that_comes_again_is_not_worked_out_again():
    one, other = ScriptedAnswer(), ScriptedAnswer()
    other.facts = one.facts
    assert facts_of(one) is facts_of(other)


def test_a_body_that_was_written_anew_changes_what_its_own_head_says_and_no_other():
    answer = ScriptedAnswer(headers=[(b"x-a", b"1")])
    answer.headers[0] = (b"content-type", b"text/html")
    facts = facts_of(answer)
    kept, headers = answer.facts, list(answer.headers)
    label_json(answer, WAIT)
    assert passed_back(answer) == (KIND, WAIT) and find_header(answer, b"x-a") == "1"
    assert kept == [facts] and facts.fields == dict(headers)


def test_a_value_that_could_be_read_as_two_headers_is_never_a_line():
    """No answer's head holds one, whoever read it; if one did, nothing would be told of it."""
    answer = ScriptedAnswer()
    answer.headers[0] = (b"content-type", b"text/html\r\nset-cookie: a=b")
    with pytest.raises(ValueError, match="not allowed"):
        facts_of(answer)
