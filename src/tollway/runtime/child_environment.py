"""Which variables of the server's environment its processes get.

Law: workers and the ledger get what the interpreter, the C library, TLS and (the ledger) the database's client library
read, and nothing else. Keys of providers are often given to the server as variables (`env:NAME`); the console alone
resolves those, so that no code in the processes that face callers finds one in its environment.
"""

from collections.abc import Mapping

NAMES = frozenset({"PATH", "HOME", "LANG", "LANGUAGE", "TZ", "TZDIR", "TMPDIR", "VIRTUAL_ENV", "OPENSSL_CONF"})
PREFIXES = ("LC_", "PYTHON", "LD_", "MALLOC_", "SSL_CERT_", "COVERAGE_")
"""`COVERAGE_`: how our tests measure child processes."""
DATABASE_PREFIX = "PG"
"""PostgreSQL's own client library reads these (https://www.postgresql.org/docs/current/libpq-envars.html)."""


def without_secrets(environment: Mapping[str, str], *, has_database: bool) -> dict[str, str]:
    """Return the variables that a process without references to resolve may have. Settings do not come this way.

    With `has_database` also those that PostgreSQL's client library reads.
    """
    prefixes = (*PREFIXES, DATABASE_PREFIX) if has_database else PREFIXES
    return {name: value for name, value in environment.items() if name in NAMES or name.startswith(prefixes)}
