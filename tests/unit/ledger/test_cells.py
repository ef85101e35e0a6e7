"""Cells are what the ledger adds up: calls of one minute that are alike in all that is counted apart."""

from kit.calls import call, counted


def test_calls_of_a_cell_are_alike_and_others_are_apart() -> None:
    cells = counted([call(), call(3), call(60), call(client_agent="x"), call(status=404), call(model="m")])
    assert [(len(cell.facts), cell.group.status, cell.agent, cell.group.model) for cell in cells] == [
        (2, 200, "curl/8", ""),
        (1, 200, "curl/8", ""),
        (1, 200, "x", ""),
        (1, 404, "curl/8", ""),
        (1, 200, "curl/8", "m"),
    ]
    first, later = cells[0], cells[1]
    assert later.minute_start == first.minute_start + 60
    assert first.starts == [facts.started_ns for facts in first.facts]
    assert first.sums.counts[0] == 2 and len(first.bodies) == 2


def test_texts_are_as_databases_store_them() -> None:
    (cell,) = counted([call(client_address="1\0" * 50, client_agent="\0a")])
    assert (cell.address, cell.agent) == ("1" * 50, "a")


def test_what_was_refused_for_the_tokens_own_state_is_no_use() -> None:
    refused, limited, upstreams = counted(
        [call(status=401, outcome="refused"), call(status=429, outcome="refused"), call(status=401)]
    )
    assert (refused.is_use, limited.is_use, upstreams.is_use) == (False, True, True)
