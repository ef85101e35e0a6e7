"""Lines of keys in a TOML file."""

import tomllib

from hypothesis import given
from hypothesis import strategies as st

from tollway.settings.toml_places import find_lines

NAMES = st.from_regex(r"[a-z_]{1,8}", fullmatch=True)


def test_sections_keys_and_quoted_names_have_lines() -> None:
    text = '# comment\ndata = "d"\n\n[gateway]  # the port\nlisten = ":1"\n"workers" = 2\n[log]\n  level = "info"\n'
    assert find_lines(text) == {
        "data": 2,
        "gateway": 4,
        "gateway.listen": 5,
        "gateway.workers": 6,
        "log": 7,
        "log.level": 8,
    }


@given(st.dictionaries(NAMES, st.dictionaries(NAMES, st.integers(0, 9), max_size=4), max_size=4))
def test_every_key_of_a_plain_file_is_found(document: dict[str, dict[str, int]]) -> None:
    lines = []
    for section, values in document.items():
        lines.append(f"[{section}]")
        lines += [f"{name} = {value}" for name, value in values.items()]
    found = find_lines("\n".join(lines))
    assert tomllib.loads("\n".join(lines)) == document
    for section, values in document.items():
        for name, value in values.items():
            assert lines[found[f"{section}.{name}"] - 1] == f"{name} = {value}"


@given(st.text(max_size=200))
def test_any_text_is_scanned(text: str) -> None:
    assert all(1 <= line <= len(text.splitlines()) for line in find_lines(text).values())
