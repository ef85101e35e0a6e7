"""The one error type that crosses rings.

`public` is what the caller may read: it names the rule, never a secret, an upstream's body or
another tenant's object. `internal` is for the log. Status, retry advice and documentation follow
from the code (`kernel/codes.py`).
"""

from collections.abc import Mapping

from tollway.kernel.codes import BY_NAME, Code


class TollwayError(Exception):
    """A refusal or failure with a permanent code.

    `retry_after_seconds` is None when waiting does not help or the time is not known. `headers` are
    added to the answer (lower-case names). `upstream_request_id` is the upstream's own id, if any.
    Raises KeyError when the code is not in the table, which is a programming mistake.
    """

    __slots__ = ("code", "headers", "internal", "param", "public", "retry_after_seconds", "upstream_request_id")

    def __init__(
        self,
        code: str,
        *,
        public: str | None = None,
        internal: str | None = None,
        param: str | None = None,
        retry_after_seconds: float | None = None,
        headers: Mapping[str, str] | None = None,
        upstream_request_id: str | None = None,
    ) -> None:
        self.code: Code = BY_NAME[code]
        self.public = public or self.code.meaning
        self.internal = internal
        self.param = param
        self.retry_after_seconds = retry_after_seconds
        self.headers: Mapping[str, str] = headers or {}
        self.upstream_request_id = upstream_request_id
        super().__init__(f"{code}: {self.public}" + (f" [{internal}]" if internal else ""))

    @property
    def status(self) -> int:
        """The HTTP status of the code."""
        return self.code.status
