"""Routes: a deny holds for every way of writing a path that comes through, an allow for one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollway.contract.rights import RouteRights
from tollway.kernel.errors import TollwayError
from tollway.policy.route_rules import RouteRules, compile_rules, parse_rule
from tollway.wire.canonical_path import canonical_path

SPELLINGS = (
    b"/shop/admin/7",
    b"/shop/%61dmin/7",
    b"/shop/ADMIN/7",
    b"/shop/Admin/7/",
    b"/shop/admin./7",
    b"/shop/admin%20/7",
    b"/shop/admin%3Bx=1/7",
    b"/shop/admin%3bx/7",
    b"/shop/admin/7.",
)
WITH_MARKS = (
    b"/shop/admin/7%3Fx",
    b"/shop/admin/7%23",
    b"/shop/admin/7%3f/x/y",
    b"/shop/admin/%3Bx",
)
"""A mark that is escaped: to a strict upstream part of a segment, to a careless one the end of the path."""
REFUSED = (
    b"/shop//admin/7",
    b"/shop/./admin/7",
    b"/shop/x/../admin/7",
    b"/shop/%2e%2e/admin/7",
    b"/shop/admin;x/7",
    b"/shop/admin%2f7",
    b"/shop/admin\\7",
    b"/shop/admin%5c7",
    b"/shop/admin/7%00",
    b"/shop/admin/7#",
    b"/shop/%2561dmin/7",
)


def rules(*, allow: tuple[str, ...] | None = None, deny: tuple[str, ...] = ()) -> RouteRules:
    """Return compiled rules."""
    compiled = compile_rules(RouteRights(allow, deny))
    assert compiled is not None
    return compiled


@pytest.mark.parametrize("raw", SPELLINGS + WITH_MARKS)
def test_a_deny_holds_for_every_spelling_that_an_upstream_may_take_for_the_path(raw: bytes) -> None:
    path, _ = canonical_path(raw)
    assert rules(deny=("DELETE /shop/admin/{id}",)).find_denied("DELETE", (path,)) == "DELETE /shop/admin/{id}"


@pytest.mark.parametrize("raw", REFUSED)
def test_every_other_spelling_is_refused_before_rights_are_asked(raw: bytes) -> None:
    with pytest.raises(TollwayError, match="path"):
        canonical_path(raw)


@pytest.mark.parametrize("raw", SPELLINGS)
def test_an_allow_is_entered_by_the_one_spelling_alone(raw: bytes) -> None:
    path, _ = canonical_path(raw)
    allowed = rules(allow=("GET /shop/admin/{id}",)).allows("GET", (path,))
    assert allowed == (path in ("/shop/admin/7", "/shop/admin/7."))


@pytest.mark.parametrize("raw", WITH_MARKS)
def test_a_deny_holds_for_what_a_strict_upstream_reads_as_well(raw: bytes) -> None:
    """Each segment as it stands, also where a careless reading is shorter and falls under no rule."""
    path, _ = canonical_path(raw)
    depth = path.count("/")
    template = "* " + "/{x}" * depth
    assert rules(deny=(template,)).find_denied("GET", (path,)) == template
    assert rules(deny=("* /other", "* /shop")).find_denied("GET", (path,)) is None


def test_head_is_judged_as_get_and_other_methods_as_themselves() -> None:
    both = rules(allow=("GET /shop/**",), deny=("GET /shop/secret",))
    assert both.allows("HEAD", ("/shop/a/b",))
    assert both.find_denied("HEAD", ("/shop/secret",)) == "GET /shop/secret"
    assert not both.allows("OPTIONS", ("/shop/a",))
    assert not both.allows("POST", ("/shop/a",))
    assert rules(allow=("GET /a",)).find_denied("GET", ("/b",)) is None, "what only allows denies nothing by name"


@pytest.mark.parametrize(
    ("rule", "path", "is_match"),
    [
        ("* /shop/**", "/shop", True),
        ("* /shop/**", "/shop/a/b/c", True),
        ("* /shop/**", "/shopping", False),
        ("GET /orders/{id}", "/orders/7", True),
        ("GET /orders/{id}", "/orders/", False),
        ("GET /orders/{id}", "/orders/7/lines", False),
        ("GET /v1beta/models/{model}:generateContent", "/v1beta/models/gemini-pro:generateContent", True),
        ("GET /v1beta/models/{model}:generateContent", "/v1beta/models/:generateContent", False),
        ("GET /", "/", True),
        ("GET /", "/a", False),
    ],
)
def test_templates_match_whole_segments(rule: str, path: str, *, is_match: bool) -> None:
    assert rules(allow=(rule,)).allows("GET", (path,)) is is_match


@pytest.mark.parametrize("rule", ["GET /orders/", "GET /ORDERS"])
@pytest.mark.parametrize("path", ["/orders", "/orders/", "/Orders", "/orders/%20"])
def test_a_deny_means_the_same_with_and_without_a_slash_at_its_end(rule: str, path: str) -> None:
    assert rules(deny=(rule,)).find_denied("GET", (path,)) == rule
    assert rules(deny=(rule,)).find_denied("GET", ("/orders2",)) is None


@pytest.mark.parametrize(
    "text",
    ["", "GET", "/orders", "get /orders", "GET orders", "HEAD /a", "GET /a/**/b", "GET /{", "GET /a}", "GET /{a}{b}"],
)
def test_a_rule_that_cannot_be_read_is_said_to_be_wrong(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_rule(text)


@given(st.lists(st.sampled_from(["a", "B", "7"]), min_size=1, max_size=4), st.data())
def test_a_path_matches_the_template_made_of_it(segments: list[str], data: st.DataObject) -> None:
    template = [data.draw(st.sampled_from([segment, "{x}"])) for segment in segments]
    rule = "GET /" + "/".join(template)
    path = "/" + "/".join(segments)
    assert rules(allow=(rule,)).allows("GET", (path,))
    assert rules(deny=(rule,)).find_denied("GET", (path + "/",)) == rule
    assert not rules(allow=(rule,)).allows("GET", (path + "/more",))
