"""A worker keeps serving from the last good snapshot, and compiles a new one once."""

from msgspec import structs

from kit.gateway_kit import Rig, ScriptedAnswer, service
from tollway.contract import policy
from tollway.contract.policy import Upstream


def test_a_snapshot_is_compiled_once_a_revision():
    rig = Rig()
    first = rig.gateway.compiled(rig.policy)
    assert rig.gateway.compiled(rig.policy) is first
    rig.publish()
    assert rig.gateway.compiled(rig.policy) is not first


def test_without_a_snapshot_nothing_is_published():
    rig = Rig()
    rig.policy.raw = None
    assert rig.gateway.compiled(rig.policy).find_model("gpt") is None


def test_an_unreadable_snapshot_is_reported_once_and_the_last_good_one_kept(caplog):
    rig = Rig()
    good = rig.gateway.compiled(rig.policy)
    rig.policy.raw, rig.policy.revision = b"\xc1 not a snapshot", 2
    assert rig.gateway.compiled(rig.policy) is good is rig.gateway.compiled(rig.policy)
    assert caplog.text.count("cannot be read") == 1
    rig.publish()
    assert rig.gateway.compiled(rig.policy).revision == 3


def test_a_snapshot_that_names_another_revision_is_compiled_once(caplog):
    """The store's key moved and the snapshot below it did not: looping on it would compile at every call."""
    rig = Rig()
    rig.policy.revision = 7
    first = rig.gateway.compiled(rig.policy)
    assert rig.gateway.compiled(rig.policy) is first


def test_a_bad_item_is_left_out_with_a_word_and_takes_no_other_along(caplog):
    rig = Rig()
    bad = service(id="svc_bad", name="bad", path_prefix="/bad", upstream=Upstream("gopher://old.example"))
    rig.publish(services=[bad, service()])
    compiled = rig.gateway.compiled(rig.policy)
    assert compiled.find_service("/weather") is not None and compiled.find_service("/bad") is None
    assert "left out of service" in caplog.text


def test_connections_are_kept_to_what_is_published_for_live_and_for_test():
    rig = Rig(ScriptedAnswer())
    of_test = structs.replace(rig._provider("p2", 1), environment="test", upstream=Upstream("https://test.example/v1"))
    rig.publish(
        providers=[rig._provider("p1", 1), of_test], services=[service(upstream=Upstream("https://rest.example"))]
    )
    kept = []
    rig.upstreams.keep = kept.extend
    rig.gateway.compiled(rig.policy)
    assert {destination.host for destination in kept} == {"up.example", "test.example", "rest.example"}


def test_refusals_are_tallied_by_code():
    gateway = Rig().gateway
    for code in ("token.missing", "token.missing", "token.malformed"):
        gateway.tally(code)
    assert gateway.tallies == {"token.missing": 2, "token.malformed": 1}


def test_a_snapshot_survives_its_own_encoding():
    rig = Rig()
    assert policy.decode_snapshot(rig.policy.raw).revision == rig.policy.revision


def test_what_is_switched_off_is_not_served():
    rig = Rig()
    rig.publish(services=[service(state="disabled"), service(id="s2", name="b", path_prefix="/b")])
    compiled = rig.gateway.compiled(rig.policy)
    assert compiled.find_service("/weather") is None and compiled.find_service("/b") is not None
