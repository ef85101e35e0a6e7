"""One document: applied whole or not at all, twice without effect, and exported so that it reads back."""

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kit.control import ACTOR, ControlPlane
from tollway.control.configuration.model import Change, Changes
from tollway.control.faults import Invalid
from tollway.control.tokens.model import NewToken, TokenFilter
from tollway.control.upstreams.model import NewProvider, ProviderChange
from tollway.kernel.errors import TollwayError
from tollway.kernel.secret import Secret

DOCUMENT = """
version: 1
teams:
  - name: shop
applications:
  - name: checkout
    team: shop
    limits: {rpm: 600, concurrency: 20, budget: 50/month}
providers:
  - name: openai
    kind: openai
    credential: env:OPENAI_API_KEY
  - name: local
    kind: openai-compatible
    base_url: http://127.0.0.1:9000/v1/
    allow_private: true
    priority: 10
    headers: {X-Team: shop}
    timeouts: {connect_seconds: 2, first_byte_seconds: 30.5}
    environment: test
    team: shop
    models:
      - small
      - name: gpt-4o
        upstream_model: big
        priority: 1
        price: {input_usd_per_million: 2.50, output_usd_per_million: "10"}
services:
  - name: orders
    path_prefix: /orders
    base_url: https://orders.example/api
    credential: a-secret-key-of-orders
    allow_private: [10.0.0.0/8]
    methods: [GET, POST]
    strip_prefix: false
    environment: test
    team: shop
tokens:
  - name: ci
    application: checkout
    models: [gpt-4o]
    services: [orders]
    expires: 30d
    limits:
      requests: [{name: burst, requests: 10, window: 1s}]
      budgets: [{name: daily, limit: 0.25, period: day}]
      unbounded_output: refuse
  - name: forever
    expires: never
"""


def apply(plane: ControlPlane, document: str, *, dry_run: bool = False) -> Changes:
    return plane.configuration.apply(document, ACTOR, dry_run=dry_run)


def faults(plane: ControlPlane, document: str) -> list[str]:
    with pytest.raises(Invalid) as caught:
        apply(plane, document)
    return [str(fault) for fault in caught.value.faults]


def changes_of(changes: Changes) -> list[Change]:
    return [change for change in changes.changes if change.action != "unchanged"]


def actions(changes: Changes) -> set[str]:
    return {change.action for change in changes.changes}


def test_document_sets_up_everything_and_prints_new_tokens_once(plane: ControlPlane) -> None:
    changes = apply(plane, DOCUMENT)
    assert changes.applied and actions(changes) == {"create"}
    assert [secret.name for secret in changes.secrets] == ["ci", "forever"]
    token = plane.tokens.get(changes.secrets[0].id)
    assert (token.application_name, token.models, token.limits.unbounded_output) == ("checkout", ("gpt-4o",), "refuse")
    assert token.limits.budgets[0].limit_nanos == 250_000_000
    assert plane.policy.token(token.id).state == "active"
    local = plane.providers.find_named("local")
    assert local is not None and local.connection.base_url == "http://127.0.0.1:9000/v1"
    assert local.connection.headers == (("x-team", "shop"),)
    assert local.connection.timeouts.first_byte_seconds == 30.5
    application = plane.applications.find_named("checkout")
    assert application is not None and plane.teams.get(application.team_id).name == "shop"


def test_second_apply_changes_nothing(plane: ControlPlane) -> None:
    apply(plane, DOCUMENT)
    written = len(plane.policy.log)
    plane.clock.advance(1_000)
    changes = apply(plane, DOCUMENT)
    assert changes.is_empty and changes.secrets == ()
    assert len(plane.policy.log) == written, "nothing to publish"


def test_export_reads_back_unchanged_also_elsewhere(plane: ControlPlane, tmp_path_factory) -> None:
    from kit.control import open_surroundings

    apply(plane, DOCUMENT)
    exported = plane.configuration.export()
    assert "a-secret-key" not in exported
    assert apply(plane, exported).is_empty
    other = ControlPlane(open_surroundings(tmp_path_factory.mktemp("other"))).start()
    told = faults(other, exported)
    assert [fault.partition(": ")[2] for fault in told[:2]] == [
        "/providers/0/headers/x-team: no value of this header is stored: write the value",
        "/services/0/credential: no key is stored for where this leads: write the key, env:NAME or file:PATH",
    ]
    apply(other, exported.replace("credential: stored", "credential: a-key").replace("x-team: stored", "x-team: b"))
    assert other.configuration.export() == exported


def test_r5_an_export_and_a_difference_hold_no_value_of_a_header(plane: ControlPlane) -> None:
    """Who may read the configuration is not shown them by the pages either."""
    secret = DOCUMENT.replace("X-Team: shop", "X-Team: hunter2").replace(
        "methods: [GET, POST]", "headers: {X-Tenant: hunter3, X-Plan: hunter4}"
    )
    assert "hunter" not in repr(apply(plane, secret, dry_run=True).changes) + repr(apply(plane, secret).changes)
    exported = plane.configuration.export()
    assert "hunter" not in exported
    assert yaml.safe_load(exported)["services"][0]["headers"] == {"x-tenant": "stored", "x-plan": "stored"}
    changed = apply(plane, exported.replace("x-tenant: stored", "x-tenant: hunter5"))
    fields = [field for change in changes_of(changed) for field in change.fields]
    assert [(field.path, field.before, field.after) for field in fields] == [
        ("headers.x-tenant", "stored", "stored (another value)")
    ]
    orders = plane.services.find_named("orders")
    assert orders is not None and orders.connection.headers == (("x-tenant", "hunter5"), ("x-plan", "hunter4"))


def test_r22_a_document_that_leads_elsewhere_keeps_no_hidden_value(plane: ControlPlane) -> None:
    apply(plane, DOCUMENT)
    exported = plane.configuration.export()
    told = faults(plane, exported.replace("https://orders.example", "https://evil.example"))
    assert [fault.partition(": ")[2].partition(":")[0] for fault in told] == ["/services/0/credential"]
    told = faults(plane, exported.replace("127.0.0.1:9000", "127.0.0.1:9001"))
    assert [fault.partition(": ")[2].partition(":")[0] for fault in told] == ["/providers/0/headers/x-team"]


def test_dry_run_says_what_apply_does_and_does_nothing(plane: ControlPlane) -> None:
    before = plane.configuration.export()
    written = list(plane.policy.log)
    planned = apply(plane, DOCUMENT, dry_run=True)
    assert not planned.applied and planned.secrets == ()
    assert plane.configuration.export() == before
    assert plane.policy.log == written
    done = apply(plane, DOCUMENT)
    assert [(c.action, c.kind, c.name) for c in done.changes] == [(c.action, c.kind, c.name) for c in planned.changes]


def test_difference_is_told_by_field(plane: ControlPlane) -> None:
    apply(plane, DOCUMENT)
    changed = DOCUMENT.replace("rpm: 600", "rpm: 700").replace("priority: 10", "priority: 20")
    changes = [change for change in apply(plane, changed).changes if change.action != "unchanged"]
    told = {(change.name, field.path, field.before, field.after) for change in changes for field in change.fields}
    assert told == {("checkout", "limits.rpm", 600, 700), ("local", "priority", 10, 20)}


def test_objects_and_fields_that_are_not_named_are_left_alone(plane: ControlPlane) -> None:
    apply(plane, DOCUMENT)
    before = plane.configuration.export()
    assert apply(plane, "version: 1\nproviders:\n- {name: local}\ntokens:\n- name: ci\n").is_empty
    assert plane.configuration.export() == before


def test_absent_deletes_owners_last(plane: ControlPlane) -> None:
    apply(plane, DOCUMENT)
    document = yaml.safe_load(DOCUMENT)
    gone = {
        kind: [{"name": entry["name"], "state": "absent"} for entry in entries]
        for kind, entries in document.items()
        if kind != "version"
    }
    changes = apply(plane, yaml.safe_dump({"version": 1} | gone))
    assert actions(changes) == {"delete"}
    assert all(token.state == "revoked" for token in plane.tokens.page(TokenFilter()).items)
    assert apply(plane, yaml.safe_dump({"version": 1} | gone)).is_empty
    assert plane.providers.page().items == plane.services.page().items == plane.applications.page().items == ()


def test_state_switches(plane: ControlPlane) -> None:
    apply(plane, DOCUMENT)
    off = "version: 1\n" + "\n".join(
        f"{kind}:\n- {{name: {name}, state: disabled}}"
        for kind, name in (
            ("applications", "checkout"),
            ("providers", "local"),
            ("services", "orders"),
            ("tokens", "ci"),
        )
    )
    assert actions(apply(plane, off)) == {"update"}
    assert plane.policy.read_snapshot().services[0].state == "disabled"
    assert apply(plane, plane.configuration.export()).is_empty
    assert actions(apply(plane, off.replace("disabled", "active"))) == {"update"}


def test_what_has_a_team_can_be_given_back_to_the_installation(plane: ControlPlane) -> None:
    apply(plane, DOCUMENT)
    apply(plane, "version: 1\nservices: [{name: orders, team: null, environment: live}]")
    orders = plane.services.find_named("orders")
    assert orders is not None and (orders.team_id, orders.environment) == (None, "live")
    assert faults(plane, "version: 1\nservices: [{name: orders, team: gone}]") == [
        "line 2, column 33: /services/0/team: there is no team 'gone'"
    ]


def test_stored_keys_are_left_alone_and_other_keys_replace_them(plane: ControlPlane) -> None:
    new = NewProvider("p", "openai", credentials=(Secret("sk-one-of-the-keys"),))
    provider = plane.providers.create(new, ACTOR)
    document = "version: 1\nproviders:\n- {name: p, credential: %s}\n"
    assert apply(plane, document % "stored").is_empty
    assert apply(plane, document % "sk-one-of-the-keys").is_empty
    changes = apply(plane, document % "sk-another-of-the-keys")
    assert [field.path for field in changes.changes[0].fields] == ["credential"]
    assert "another-of" not in repr(changes)
    after = plane.providers.get(provider.id)
    assert len(after.keys) == 1 and after.keys[0].id != provider.keys[0].id


def test_all_faults_are_reported_with_their_places(plane: ControlPlane) -> None:
    document = """\
version: 1
providers:
  - name: Bad Name
    kind: nothing
  - name: fine
    kind: openai
    base_url: ftp://x
    wings: 2
services:
  - name: s
    path_prefix: /v1/x
    base_url: https://a.example
tokens:
  - name: t
    application: nobody
    limits: {rpm: many}
"""
    found = faults(plane, document)
    assert found == [
        "line 8, column 12: /providers/1/wings: there is no field 'wings' here",
        "line 16, column 19: /tokens/0/limits/rpm: use a whole number",
    ]
    found = faults(plane, document.replace("    wings: 2\n", "").replace("many", "5"))
    assert found == [
        "line 4, column 11: /providers/0/kind: there is no such kind of provider",
        "line 7, column 15: /providers/1/base_url: use an http or https URL with a host",
        "line 10, column 18: /services/0/path_prefix: /v1 belongs to the gateway itself",
        "line 14, column 18: /tokens/0/application: there is no application 'nobody'",
    ]
    assert plane.providers.page().items == ()


def test_fault_changes_nothing_at_all(plane: ControlPlane) -> None:
    before = plane.configuration.export()
    faults(plane, DOCUMENT + "  - {name: bad, application: nobody}\n")
    assert plane.configuration.export() == before
    assert plane.tokens.page().items == ()


def test_conflicts_are_faults_with_places(plane: ControlPlane) -> None:
    apply(plane, DOCUMENT)
    found = faults(plane, "version: 1\napplications:\n- {name: checkout, state: absent}\n")
    assert found == [
        "line 3, column 3: /applications/0: The application owns 1 tokens that are not revoked or expired."
    ]


def test_tokens_that_share_a_name_are_left_out_of_the_export(plane: ControlPlane) -> None:
    plane.tokens.issue(NewToken("twin"), ACTOR)
    plane.tokens.issue(NewToken("Twin"), ACTOR)
    exported = plane.configuration.export()
    assert "# left out, since several have this name: token" in exported
    assert "tokens" not in yaml.safe_load(exported)


def test_unavailable_policy_store_is_no_fault_of_the_document(plane: ControlPlane) -> None:
    plane.policy.fail_next = 1
    with pytest.raises(TollwayError, match=r"^management\.unavailable"):
        apply(plane, DOCUMENT)


def test_credentials_follow_the_address(plane: ControlPlane) -> None:
    provider = plane.providers.create(NewProvider("p", "openai", credentials=(Secret("sk-one-of-the-keys"),)), ACTOR)
    moved = "version: 1\nproviders:\n- {name: p, base_url: 'https://elsewhere.example/v1'%s}\n"
    assert len(faults(plane, moved % ", credential: stored")) == 1
    apply(plane, moved % "")
    assert plane.providers.get(provider.id).keys == ()
    plane.providers.change(provider.id, ProviderChange(credentials=()), ACTOR)


_names = st.sampled_from(["a", "b", "c"])
_limits = st.fixed_dictionaries(
    {},
    optional={
        "rpm": st.integers(1, 100),
        "concurrency": st.none() | st.integers(1, 9),
        "budget": st.sampled_from(["5/month", "0.000000001/day", 7]),
        "unbounded_output": st.sampled_from([None, "cap", "refuse"]),
    },
)


def _some(**fields: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    entry = st.fixed_dictionaries({"name": _names}, optional=fields)
    return st.lists(entry, max_size=3, unique_by=lambda item: item["name"])


_documents = st.fixed_dictionaries(
    {"version": st.just(1)},
    optional={
        "teams": _some(),
        "applications": _some(limits=_limits, state=st.sampled_from(["active", "disabled"])),
        "tokens": _some(
            limits=_limits,
            models=st.none() | st.lists(st.sampled_from(["m", "n"]), max_size=3),
            expires=st.sampled_from(["never", "90d", "2100-01-01", "2100-01-01T00:00:00+02:00", None]),
            state=st.sampled_from(["active", "disabled"]),
        ),
    },
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=_documents, second=_documents)
def test_apply_is_idempotent_whatever_was_there(plane: ControlPlane, first: object, second: object) -> None:
    for document in (first, second):
        text = yaml.safe_dump(document)
        apply(plane, text)
        assert apply(plane, text).is_empty
        assert apply(plane, plane.configuration.export()).is_empty
