"""Workers and the ledger get no variable that could be a key."""

import pytest

from tollway.runtime.child_environment import without_secrets


@pytest.mark.parametrize(
    "name",
    ["OPENAI_API_KEY", "ANTHROPIC_API_KEY", "AWS_SECRET_ACCESS_KEY", "WEATHER_KEY", "MAIL_PASSWORD", "TOLLWAY_DATABASE",
     "DATABASE_URL", "GITHUB_TOKEN", "openai_api_key", "path", "PATHS"],
)  # fmt: skip
def test_r41_whatever_is_not_known_to_be_harmless_stays_with_the_server(name: str) -> None:
    assert without_secrets({name: "secret", "PATH": "/bin"}, has_database=True) == {"PATH": "/bin"}


def test_what_the_interpreter_and_its_libraries_read_is_passed_on() -> None:
    kept = {"PATH": "/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC", "PYTHONPATH": "src", "SSL_CERT_FILE": "/ca.pem"}
    assert without_secrets(kept, has_database=False) == kept


def test_what_opens_a_database_alone_has_its_password() -> None:
    given = {"PGPASSWORD": "secret"}
    assert without_secrets(given, has_database=True) == given
    assert without_secrets(given, has_database=False) == {}
