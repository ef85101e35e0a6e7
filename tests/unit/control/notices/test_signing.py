"""Signatures are those of the Standard Webhooks specification."""

import base64
import hashlib
import hmac

import pytest

from tollway.control.notices.signing import SECRET_BYTES, build_headers, generate_secret, sign
from tollway.kernel.secret import Secret

# The example of the reference libraries (github.com/standard-webhooks/standard-webhooks, libraries/*/test).
EXAMPLE = Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
EXAMPLE_BODY = b'{"test": 2432232314}'
EXAMPLE_SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_the_specification_s_example_is_signed_as_it_says() -> None:
    assert sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, EXAMPLE_BODY, EXAMPLE) == EXAMPLE_SIGNATURE


def test_a_fresh_secret_signs_what_anybody_can_check() -> None:
    secret = generate_secret()
    key = base64.b64decode(secret.reveal().removeprefix("whsec_"))
    assert len(key) == SECRET_BYTES and secret.reveal() != generate_secret().reveal()
    expected = base64.b64encode(hmac.new(key, b"msg_1.17.{}", hashlib.sha256).digest()).decode()
    assert sign("msg_1", 17, b"{}", secret) == f"v1,{expected}"


def test_two_secrets_in_force_sign_both() -> None:
    old, new = generate_secret(), generate_secret()
    headers = dict(build_headers("msg_1", 17, b"{}", (new, old)))
    assert headers["webhook-signature"].split() == [sign("msg_1", 17, b"{}", one) for one in (new, old)]
    assert (headers["webhook-id"], headers["webhook-timestamp"]) == ("msg_1", "17")


@pytest.mark.parametrize("secret", ["", "whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_not base64"])
def test_what_is_no_secret_signs_nothing(secret: str) -> None:
    with pytest.raises(ValueError):  # from base64 or from us
        sign("msg_1", 17, b"{}", Secret(secret))


def test_nothing_is_sent_unsigned() -> None:
    with pytest.raises(ValueError, match="at least one secret"):
        build_headers("msg_1", 17, b"{}", ())
