"""Rights in JSON: what is shown reads back as the same rights."""

from hypothesis import given
from hypothesis import strategies as st

from tollway.contract.rights import (
    ALL_RIGHTS,
    SCOPES,
    HourRights,
    NameRights,
    NetworkRights,
    ParameterRights,
    Rights,
    RouteRights,
    Window,
)
from tollway.web.gateway_rights import RightsInput, WindowInput, read_rights, read_windows, show_rights

TEXTS = st.lists(st.text("abc*", min_size=1, max_size=4), max_size=3, unique=True).map(tuple)
WINDOWS = st.tuples(st.integers(0, 6), st.integers(0, 1_439), st.integers(1, 1_440)).filter(lambda w: w[1] < w[2])
SETS = st.builds(
    Rights,
    scopes=st.none() | st.lists(st.sampled_from(SCOPES), unique=True).map(tuple),
    models=st.builds(NameRights, st.none() | TEXTS, TEXTS),
    services=st.builds(NameRights, st.none() | TEXTS, TEXTS),
    routes=st.builds(RouteRights, st.none() | TEXTS, TEXTS),
    networks=st.builds(NetworkRights, st.none() | TEXTS, TEXTS, st.sampled_from(["enforce", "watch"])),
    hours=st.builds(
        HourRights,
        st.sampled_from(["UTC", "Asia/Tokyo"]),
        st.none()
        | st.lists(WINDOWS.map(lambda w: Window(*w)), max_size=5, unique=True).map(
            lambda windows: tuple(sorted(windows, key=lambda w: (w.day, w.start_minute, w.end_minute)))
        ),
    ),
    parameters=st.builds(ParameterRights, st.none() | st.integers(1, 2**31), st.booleans(), st.booleans()),
)


@given(SETS)
def test_what_is_shown_reads_back(rights: Rights) -> None:
    body = RightsInput.model_validate_json(show_rights(rights).model_dump_json())
    assert read_rights(body).apply(ALL_RIGHTS) == rights


@given(SETS)
def test_what_is_left_out_stays(rights: Rights) -> None:
    assert read_rights(RightsInput()).apply(rights) == rights


def test_a_window_over_midnight_is_two_and_sunday_goes_on_on_monday() -> None:
    windows = [
        WindowInput(days=["sun"], start="22:00", end="06:00"),
        WindowInput(days=["sun"], start="08:00", end="00:00"),
    ]
    assert read_windows(windows) == (Window(0, 0, 360), Window(6, 480, 1_440), Window(6, 1_320, 1_440))
