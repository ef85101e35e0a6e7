"""Any text is a tree with places or one management.invalid; nothing else comes out, and nothing explodes."""

from decimal import Decimal

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tollway.control.configuration.tree import DOCUMENT_CHARACTERS_MAX, Node, locate, read_tree
from tollway.control.faults import Fault, Invalid

_BOMB = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{after}: &{after} [{','.join([f'*{before}'] * 10)}]\n"
    for before, after in zip("abcdefgh", "bcdefghi", strict=True)
)


def plain(node: Node) -> object:
    match node.value:
        case dict() as fields:
            return {name: plain(value) for name, value in fields.items()}
        case list() as items:
            return [plain(item) for item in items]
        case value:
            return value


@settings(deadline=None)
@given(
    text=st.text(alphabet=st.characters(codec="utf-8"), max_size=200)
    | st.text(alphabet="{}[]-:&*!|>#\"'\n a1?,%@\\xuU", max_size=60)
)
@example(text='"\\UFFFFFFFF"')
@example(text="[" * 5_000)
@example(text="&a [*a]")
@example(text="? [1]\n: 2")
@example(text="!!python/object/apply:os.system [x]")
@example(text="\x00")
@example(text="1: 2\n---\n3: 4")
@example(text=_BOMB)
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        read_tree(text)
    except Invalid as error:
        assert error.faults


_plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**17), 10**17)
    | st.text(alphabet="abc é~%:#0123456789.-\"'", max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(alphabet="abcé", min_size=1), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(value=_plain)
def test_what_yaml_writes_is_read_back(value: object) -> None:
    assert plain(read_tree(yaml.safe_dump(value, allow_unicode=True))) == value


def test_numbers_are_exact_and_odd_ones_stay_text() -> None:
    text = "[1, 0.1, 012, 1_000, 1:30, 0x1f, 2027-01-01, .inf, 1e3, yes, ~, '1']"
    assert plain(read_tree(text)) == [
        1,
        Decimal("0.1"),
        "012",
        "1_000",
        "1:30",
        "0x1f",
        "2027-01-01",
        ".inf",
        "1e3",
        True,
        None,
        "1",
    ]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("a: 1\nb: 2\na: 3\n", "line 3, column 1: 'a' is given twice"),
        ("a: !thing 1\n", "line 1, column 4: tags are not supported"),
        ("a: !!binary aGk=\n", "line 1, column 4: tags are not supported"),
        ("[1]: 2\n", "line 1, column 1: a key is a word"),
        ("a: [1\n", "line 2, column 1: this is not YAML: expected ',' or ']', but got '<stream end>'"),
        ("# nothing\n", "the document is empty"),
        ("x" * (DOCUMENT_CHARACTERS_MAX + 1), "a document has at most 1000000 characters"),
    ],
)
def test_faults_have_places(text: str, fault: str) -> None:
    with pytest.raises(Invalid) as caught:
        read_tree(text)
    assert [str(found) for found in caught.value.faults] == [fault]


def test_place_of_a_pointer_is_that_of_the_nearest_value() -> None:
    tree = read_tree("a:\n  - b: 1\n    c: 2\n")
    assert locate(tree, Fault("/a/0/c", "x")) == Fault("/a/0/c", "x", 3, 8)
    assert locate(tree, Fault("/a/0/z/y", "x")) == Fault("/a/0/z/y", "x", 2, 5)
    assert locate(tree, Fault("/a/7", "x")) == Fault("/a/7", "x", 2, 3)
    assert locate(tree, Fault("", "x")) == Fault("", "x", 1, 1)
