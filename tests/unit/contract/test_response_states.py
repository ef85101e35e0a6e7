"""States survive the way to the file and back, and another version is refused."""

import pytest
from msgspec import structs

from tollway.contract.response_states import VERSION, KeptHere, KeptUpstream, decode, encode

HERE = KeptHere(v=VERSION, id="resp_1", model="m", created_seconds=7, response=b"{}", input_items=b"[]")
UPSTREAM = KeptUpstream(
    v=VERSION,
    id="resp_2",
    model="m",
    created_seconds=7,
    provider_id="prov_1",
    key_id="k",
    upstream_model="gpt",
    context_tokens=9,
)


@pytest.mark.parametrize("state", [HERE, UPSTREAM])
def test_what_is_written_is_read(state):
    assert decode(encode(state)) == state


def test_another_version_is_refused():
    with pytest.raises(ValueError, match="version 2"):
        decode(encode(structs.replace(HERE, v=2)))
    with pytest.raises(ValueError, match=r".+"):
        decode(b"\xc1")
