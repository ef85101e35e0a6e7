"""What commands print."""

import json
from collections.abc import Iterator

import pytest

from tollway.cli.output import Output, cell


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "-"),
        ("", "-"),
        ([], "-"),
        (0, "0"),
        (True, "yes"),
        (False, "no"),
        (["a", 1], "a, 1"),
        ({"a": 1, "b": None}, "a=1"),
        ({"b": None}, "-"),
        ("\x1b[31mred\r\n", "\\x1b[31mred\\r\\n"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
        ("caf\u00e9", "caf\u00e9"),
    ],
)
def test_values_are_written_for_people_and_never_move_the_cursor(value: object, text: str) -> None:
    assert cell(value) == text


def test_rows_are_a_table_for_people_and_json_for_scripts(capsys: pytest.CaptureFixture[str]) -> None:
    items = [{"id": "1", "name": "[bold]a", "calls": 12, "more": "x"}]
    Output(as_json=False).rows(items, {"name": "name", "calls": "calls"}, empty="none")
    heading, _, row = capsys.readouterr().out.splitlines()
    assert heading.split() == ["name", "calls"]
    assert row.split() == ["[bold]a", "12"]
    Output(as_json=True).rows(items, {"name": "name"}, empty="none")
    assert json.loads(capsys.readouterr().out) == {"items": items}


def test_an_empty_list_says_so_for_people_and_is_empty_for_scripts(capsys: pytest.CaptureFixture[str]) -> None:
    Output(as_json=False).rows([], {"name": "name"}, empty="no tokens")
    Output(as_json=True).rows([], {"name": "name"}, empty="no tokens")
    people, _, scripts = capsys.readouterr().out.partition("\n")
    assert people == "no tokens"
    assert json.loads(scripts) == {"items": []}


def test_problems_go_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    Output(as_json=False).problem("bad", {"title": "bad"})
    Output(as_json=True).problem("bad", {"title": "bad"})
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == 'error: bad\n{"error":{"title":"bad"}}\n'


def test_remarks_are_for_people_only(capsys: pytest.CaptureFixture[str]) -> None:
    for as_json in (False, True):
        Output(as_json=as_json).line("line")
        Output(as_json=as_json).note("note")
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("line\n", "note\n")


def test_values_with_commas_and_quotes_survive_csv(capsys: pytest.CaptureFixture[str]) -> None:
    Output(as_json=False).csv(["name", "calls"], [['a,"b"', "1"]])
    assert capsys.readouterr().out == 'name,calls\n"a,""b""",1\n'


def test_progress_is_not_drawn_into_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    with Output(as_json=False).working("copying"):
        pass
    assert capsys.readouterr() == ("", "")


def test_one_object_is_a_line_a_field(capsys: pytest.CaptureFixture[str]) -> None:
    Output(as_json=False).fields({"id": "1", "created_at": None})
    assert capsys.readouterr().out == "id          1\ncreated at  -\n"


@pytest.mark.parametrize("items", [[], [{"a": 1}], [{"a": "x\ny", "b": [1, {"c": None}]}, {"ü": {}}]])
def test_a_list_is_the_same_json_as_if_it_were_written_at_once(
    items: list[dict[str, object]], capsys: pytest.CaptureFixture[str]
) -> None:
    output = Output(as_json=True)
    output.rows(iter(items), {}, empty="none")
    streamed = capsys.readouterr().out
    output.json({"items": items})
    assert streamed == capsys.readouterr().out


def test_a_long_list_is_written_as_it_comes(capsys: pytest.CaptureFixture[str]) -> None:
    seen: list[str] = []

    def items() -> Iterator[dict[str, int]]:
        yield {"number": 1}
        yield {"number": 2}
        seen.append(capsys.readouterr().out)

    Output(as_json=True).rows(items(), {}, empty="none")
    assert '"number": 1' in seen[0] and '"number": 2' in seen[0]
