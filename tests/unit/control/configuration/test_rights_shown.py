"""Rights that are written for a document read back as they were."""

import yaml
from hypothesis import given
from hypothesis import strategies as st

from tollway.contract.rights import (
    SCOPES,
    HourRights,
    NameRights,
    NetworkRights,
    ParameterRights,
    Rights,
    RouteRights,
    Window,
)
from tollway.control.configuration.fields import Fields
from tollway.control.configuration.rights_fields import read_rights
from tollway.control.configuration.rights_shown import show_rights
from tollway.control.configuration.tree import read_tree
from tollway.control.faults import Faults

TEXTS = st.lists(st.text("abc*é", min_size=1, max_size=4), max_size=3, unique=True).map(tuple)
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
def test_what_is_written_reads_back(rights: Rights) -> None:
    text = yaml.safe_dump(show_rights("token ci", rights, {}), allow_unicode=True)
    faults = Faults()
    fields = Fields(read_tree(text), "", faults)
    fields.text("name")
    assert read_rights(fields) == rights
    fields.close()
    assert faults.found == []


def test_services_are_written_by_name_and_silence_not_at_all() -> None:
    shown = show_rights("token ci", Rights(services=NameRights(("svc_1", "svc_2"))), {"svc_1": "weather"})
    assert shown == {"name": "token ci", "services": {"allow": ["weather", "svc_2"]}}
    assert show_rights("team x", Rights(), {}) == {"name": "team x"}
