"""Rights survive the way to the workers, and a set that says nothing takes no room in a record."""

from hypothesis import given
from hypothesis import strategies as st

from tollway.contract import policy, rights

NAMES = st.lists(st.text(max_size=8), max_size=3).map(tuple)
WINDOWS = st.builds(rights.Window, st.integers(0, 6), st.integers(0, 1439), st.integers(1, 1440))
SETS = st.builds(
    rights.Rights,
    scopes=st.none() | st.lists(st.sampled_from(rights.SCOPES), max_size=3).map(tuple),
    models=st.builds(rights.NameRights, allow=st.none() | NAMES, deny=NAMES),
    routes=st.builds(rights.RouteRights, allow=st.none() | NAMES, deny=NAMES),
    networks=st.builds(
        rights.NetworkRights, allow=st.none() | NAMES, deny=NAMES, mode=st.sampled_from(["enforce", "watch"])
    ),
    hours=st.builds(rights.HourRights, windows=st.none() | st.lists(WINDOWS, max_size=3).map(tuple)),
    parameters=st.builds(rights.ParameterRights, output_tokens_max=st.none() | st.integers(1, 2**31)),
)


@given(SETS, SETS)
def test_rights_read_back_at_every_level(mine: rights.Rights, all_of_us: rights.Rights) -> None:
    """An allow of nothing and an allow of everything stay apart."""
    token = policy.TokenRecord(policy.VERSION, "tok", b"", 1, "s", "mine", "active", rights=mine, plan_id="pln_1")
    assert policy.decode_token(policy.encode(token)) == token
    snapshot = policy.Snapshot(
        policy.VERSION,
        1,
        2,
        rights=all_of_us,
        plans=(policy.PlanRecord("pln_1", "interns", mine),),
        owners=(policy.OwnerRecord("team", "team_1", "shop", mine),),
        model_groups=(rights.ModelGroup("cheap", ("gpt-4o-mini", "claude-haiku-*")),),
    )
    assert policy.decode_snapshot(policy.encode(snapshot)) == snapshot


def test_rights_that_say_nothing_take_no_room() -> None:
    bare = policy.TokenRecord(policy.VERSION, "tok", b"", 1, "s", "mine", "active", rights=rights.ALL_RIGHTS)
    assert b"rights" not in policy.encode(bare)
    assert policy.decode_token(policy.encode(bare)).rights is rights.ALL_RIGHTS
