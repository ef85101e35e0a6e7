"""Who is calling is kept in the scope, and only the local mark makes an operator."""

from tollway.web.identity import LOCAL, OPERATOR, find_caller, is_local, request_id_of, set_caller, source_of


def test_a_scope_knows_nobody_until_the_guard_says_so() -> None:
    scope: dict[str, object] = {"client": ("192.0.2.1", 5)}
    assert find_caller(scope) is None and request_id_of(scope) == ""
    set_caller(scope, OPERATOR)
    assert find_caller(scope) is OPERATOR
    assert str(OPERATOR.actor) == "local:operator"


def test_the_mark_is_true_and_nothing_like_it() -> None:
    for value in (1, "true", None):
        assert not is_local({LOCAL: value})
    assert is_local({LOCAL: True})
    assert source_of({LOCAL: True, "client": ("192.0.2.1", 5)}) == "local"
    assert source_of({"client": None}) == "local"
