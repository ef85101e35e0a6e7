"""Answers of the API decide the exit code."""

import json

import pytest

from tollway.cli.answers import Answer, CommandError, ExitCode, checked, decoded, target


def answer(status: int, body: object) -> Answer:
    return Answer(status, {}, body if isinstance(body, bytes) else json.dumps(body).encode())


def test_targets_are_escaped_and_leave_out_what_is_not_given() -> None:
    assert target("/tokens", {"search": "a b&c", "state": None, "limit": 5}) == "/api/v1/tokens?search=a+b%26c&limit=5"
    assert target("/tokens") == "/api/v1/tokens"


def test_successes_are_decoded() -> None:
    assert decoded(answer(200, {"a": 1})) == {"a": 1}
    assert decoded(answer(204, b"")) is None


@pytest.mark.parametrize(
    ("status", "code"),
    [(400, ExitCode.REFUSED), (404, ExitCode.REFUSED), (422, ExitCode.REFUSED), (500, ExitCode.UNAVAILABLE),
     (503, ExitCode.UNAVAILABLE)],
)  # fmt: skip
def test_refusals_and_outages_are_told_apart(status: int, code: ExitCode) -> None:
    with pytest.raises(CommandError) as caught:
        checked(answer(status, {"title": "no", "detail": "not so", "code": "management.invalid"}))
    assert caught.value.code == code
    assert str(caught.value) == "not so"
    assert caught.value.problem["code"] == "management.invalid"


def test_each_wrong_field_is_named() -> None:
    problem = {"title": "no", "errors": [{"pointer": "/name", "message": "is empty"}, {"pointer": "", "message": "x"}]}
    with pytest.raises(CommandError, match=r"no\n  /name: is empty\n  \(body\): x"):
        checked(answer(422, problem))


def test_an_answer_that_is_no_problem_document_is_still_an_error() -> None:
    with pytest.raises(CommandError, match="the server answered 502"):
        checked(answer(502, b"<html>"))
