"""If-Match."""

import pytest

from tollway.control.versions import check_version
from tollway.kernel.errors import TollwayError


def test_only_the_stored_version_passes() -> None:
    check_version(3, None)
    check_version(3, 3)
    with pytest.raises(TollwayError, match=r"^management\.precondition"):
        check_version(3, 2)
