"""The policy store equals the database: after a change, a failure, a crash, and a swap of either."""

import pytest
from msgspec import structs

from kit.control import ACTOR, ControlPlane, MemoryPolicyStore, open_surroundings
from tollway.contract.policy import encode
from tollway.control.applications.model import NewApplication
from tollway.control.publication.model import Options
from tollway.control.tokens.model import NewToken
from tollway.control.upstreams.model import ModelOffer, NewProvider
from tollway.kernel.errors import TollwayError


def test_empty_store_is_rebuilt_at_start(plane: ControlPlane) -> None:
    application = plane.applications.create(NewApplication("a"), ACTOR)
    token = plane.tokens.issue(NewToken("t", application.id), ACTOR).token
    plane.around.policy = MemoryPolicyStore()
    published = ControlPlane(plane.around).publisher.reconcile()
    assert (published.was_rebuilt, published.tokens, published.applications) == (True, 1, 1)
    assert plane.around.policy.token(token.id).name == "t"
    assert plane.around.policy.application(application.id).name == "a"


def test_store_of_another_installation_is_replaced_whole(plane: ControlPlane, tmp_path_factory) -> None:
    foreign = plane.tokens.issue(NewToken("t"), ACTOR).token
    around = open_surroundings(tmp_path_factory.mktemp("other"))
    around.policy = plane.policy
    assert ControlPlane(around).publisher.reconcile().was_rebuilt
    assert ("token", foreign.id) not in plane.policy.records


def test_store_that_is_ahead_of_its_database_is_replaced_and_not_left_behind(plane: ControlPlane) -> None:
    from msgspec.structs import replace

    from tollway.contract.policy import encode

    ahead = plane.policy.read_snapshot().revision + 100
    plane.policy.stored_snapshot = encode(replace(plane.policy.read_snapshot(), revision=ahead))
    published = ControlPlane(plane.around).publisher.reconcile()
    assert published.was_rebuilt and published.revision == ahead + 1


def test_damaged_snapshot_is_replaced(plane: ControlPlane) -> None:
    plane.policy.stored_snapshot = b"\xc1"
    assert ControlPlane(plane.around).publisher.reconcile().was_rebuilt


def test_restart_republishes_only_the_snapshot(plane: ControlPlane) -> None:
    plane.tokens.issue(NewToken("t"), ACTOR)
    ControlPlane(plane.around).start()
    plane.policy.log.clear()
    ControlPlane(plane.around).start()
    assert plane.policy.log[-1] == "publish_snapshot" and "rebuild" not in plane.policy.log


def test_revision_grows_with_every_publication(plane: ControlPlane) -> None:
    first = plane.policy.read_snapshot().revision
    plane.providers.create(NewProvider("p", "openai"), ACTOR)
    second = plane.policy.read_snapshot().revision
    plane.publisher.reconfigure(Options(sandbox=False))
    assert first < second < plane.policy.read_snapshot().revision
    assert plane.publisher.snapshot() == plane.policy.read_snapshot()


def test_failed_start_says_so(plane: ControlPlane) -> None:
    plane.policy.fail_next = 1
    with pytest.raises(TollwayError, match=r"^management\.unavailable"):
        ControlPlane(plane.around).publisher.reconcile()


def test_nothing_is_published_before_the_first_start(around) -> None:
    with pytest.raises(TollwayError, match=r"^gateway\.not_ready"):
        ControlPlane(around).publisher.snapshot()


def test_a_model_is_there_as_soon_as_its_provider_is_stored_and_as_long_as_workers_are_told_of_it(
    plane: ControlPlane,
) -> None:
    assert not plane.publisher.has_model("gpt-4o")
    with plane.database.write():
        plane.providers.create(NewProvider("openai", "openai", models=(ModelOffer("gpt-4o"),)), ACTOR)
        assert plane.publisher.has_model("gpt-4o"), "limits of it are set in the same transaction"
        assert not plane.publisher.has_model("gpt-4")
    assert plane.publisher.has_model("gpt-4o")


def test_deleted_application_leaves_the_policy_store(plane: ControlPlane) -> None:
    application = plane.applications.create(NewApplication("a"), ACTOR)
    plane.applications.delete(application.id, ACTOR)
    assert ("application", application.id) not in plane.policy.records


def test_notes_are_cleared_by_the_next_change(plane: ControlPlane) -> None:
    for number in range(5):
        plane.tokens.issue(NewToken(f"t{number}"), ACTOR)
    assert len(plane.publication_store.dirty()) == 1
    assert not plane.publisher.has_unpublished()


def test_store_of_an_older_layout_is_replaced_whole(plane: ControlPlane) -> None:
    """Records of before say nothing of when their tokens were issued, which an epoch is compared with."""
    plane.publisher.reconcile()
    older = structs.replace(plane.policy.read_snapshot(), layout=1)
    plane.policy.stored_snapshot = encode(older)
    assert ControlPlane(plane.around).publisher.reconcile().was_rebuilt
    assert not ControlPlane(plane.around).publisher.reconcile().was_rebuilt
