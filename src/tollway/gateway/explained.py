"""Where each code of an error is explained: the value of the Link header that goes with it.

Written once for each code when a worker starts; a call that is answered pays nothing for it. The relation is `help`
(RFC 8288 and https://www.iana.org/assignments/link-relations/). The page is that of the console, which knows each code
by its name, unless the settings name another.
"""

from collections.abc import Mapping
from types import MappingProxyType

from tollway.kernel.codes import TABLE

CONSOLE_PAGE = "/docs/errors"
NOWHERE: Mapping[str, bytes] = MappingProxyType({})


def explain_codes(page_url: str) -> Mapping[str, bytes]:
    """Return the header's value by the code's name, for a page that has each name as a fragment. Pure."""
    return MappingProxyType({code.name: f'<{page_url}#{code.name}>; rel="help"'.encode() for code in TABLE})
