"""Who is calling is kept in the scope, and only the local mark makes an operator."""

from tollway.control.access.grant import EVERYTHING, Grant
from tollway.control.access.model import Permission, Reach, Sight
from tollway.web.identity import LOCAL, OPERATOR, Caller, find_caller, is_local, request_id_of, set_caller, source_of


def test_a_scope_knows_nobody_until_the_guard_says_so() -> None:
    scope: dict[str, object] = {"client": ("192.0.2.1", 5)}
    assert find_caller(scope) is None and request_id_of(scope) == ""
    set_caller(scope, OPERATOR)
    assert find_caller(scope) is OPERATOR
    assert OPERATOR.subject == "local:operator"


def test_an_actor_sees_and_gives_what_the_permission_reaches() -> None:
    rights = {Permission.TOKENS_WRITE: Reach.OWN, Permission.USERS_WRITE: Reach.ALL}
    caller = Caller("user", "r", "ada", "user_1", rights=rights, team_ids=frozenset({"red"}))
    own = caller.actor(Permission.TOKENS_WRITE, address="::1", request_id="req_1")
    assert (str(own), own.name, own.role, own.address, own.request_id) == ("user:user_1", "ada", "r", "::1", "req_1")
    assert own.sight == Sight(Reach.OWN, "user_1", frozenset({"red"}))
    assert own.bound == Grant(rights=rights, team_ids=frozenset({"red"}))
    everywhere = caller.actor(Permission.USERS_WRITE, address="", request_id="")
    assert everywhere.bound == Grant(rights=rights, team_ids=None)
    operator = OPERATOR.actor(Permission.USERS_WRITE, address="local", request_id="req_2")
    assert (str(operator), operator.bound, operator.request_id) == ("local:operator", EVERYTHING, "req_2")


def test_the_mark_is_true_and_nothing_like_it() -> None:
    for value in (1, "true", None):
        assert not is_local({LOCAL: value})
    assert is_local({LOCAL: True})
    assert source_of({LOCAL: True, "client": ("192.0.2.1", 5)}) == "local"
    assert source_of({"client": None}) == "local"
