"""The version is always named; betas are the caller's, but for those about the credential."""

from tollway.formats.messages.headers import FILES_BETA, VERSION, needed_headers, passed_headers


def test_a_translated_request_names_the_version_that_takes_its_fields():
    assert needed_headers() == ((b"anthropic-version", VERSION),)
    assert needed_headers(uses_files=True)[1] == (b"anthropic-beta", FILES_BETA)


def test_a_callers_version_and_betas_are_passed_on():
    given = [
        (b"anthropic-version", b"2026-10-21"),
        (b"anthropic-beta", b"context-1m-2025-08-07, oauth-2025-04-20"),
        (b"anthropic-beta", b"files-api-2025-04-14,context-1m-2025-08-07"),
        (b"anthropic-workspace-id", b"wrkspc_1"),
        (b"x-api-key", b"tw-1"),
    ]
    assert passed_headers(given) == (
        (b"anthropic-version", b"2026-10-21"),
        (b"anthropic-beta", b"context-1m-2025-08-07,files-api-2025-04-14"),
    )


def test_a_caller_that_names_no_version_gets_the_usual_one():
    assert passed_headers([(b"anthropic-beta", b"oauth-2025-04-20")]) == ((b"anthropic-version", VERSION),)
    assert passed_headers([(b"anthropic-version", b" ")]) == ((b"anthropic-version", VERSION),)
