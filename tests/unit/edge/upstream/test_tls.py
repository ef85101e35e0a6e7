"""Contexts verify, whatever they were given."""

import asyncio
import ssl

import pytest

from kit.private_ca import PrivateCA
from tollway.edge.upstream import tls
from tollway.edge.upstream.tls import TLSContexts, build_context


@pytest.mark.parametrize("pem", [None, PrivateCA().pem])
def test_a_context_verifies_chain_and_name_from_tls_1_2_on(pem: str | None) -> None:
    context = build_context(pem)
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2


def test_a_private_bundle_is_trusted_alone() -> None:
    assert len(build_context(PrivateCA().pem).get_ca_certs()) == 1


@pytest.mark.parametrize(
    "pem", ["", " \n", "garbage", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]
)
def test_a_bundle_that_cannot_be_read_is_an_error_and_never_the_systems(pem: str) -> None:
    with pytest.raises(ssl.SSLError):
        build_context(pem)


async def test_contexts_are_kept_and_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tls, "CONTEXTS_MAX", 2)
    contexts = TLSContexts(asyncio.get_running_loop())
    pems = [PrivateCA().pem for _ in range(3)]
    first = await contexts.context(pems[0])
    assert await contexts.context(pems[0]) is first
    for pem in pems[1:]:
        await contexts.context(pem)
    assert await contexts.context(pems[0]) is not first
