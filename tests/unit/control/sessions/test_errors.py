"""Refusals never say why."""

from tollway.control.sessions import errors


def test_the_texts_tell_nothing_apart() -> None:
    assert errors.wrong_sign_in().public == "The name or the password is wrong."
    assert errors.bad_setup_link().status == 403
    assert errors.throttled(3).retry_after_seconds == 3
    assert errors.busy().status == 429
    assert errors.already_set_up().status == 409
    assert errors.unusable("name", "x").faults[0].path == "/name"
