"""TLS contexts for upstreams: TLS 1.2 or later, the chain and the name always verified."""

import asyncio
import ssl

CONTEXTS_MAX = 256


class TLSContexts:
    """One context for the system's CAs and one for each private bundle, built in a thread and kept."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._contexts: dict[str | None, ssl.SSLContext] = {}

    async def context(self, ca_pem: str | None) -> ssl.SSLContext:
        """Return the context that trusts `ca_pem` alone, or the system's CAs when None. Raises ssl.SSLError."""
        context = self._contexts.get(ca_pem)
        if context is None:
            # Reading the system's bundle takes tens of milliseconds, too long for the loop.
            context = await self._loop.run_in_executor(None, build_context, ca_pem)
            if len(self._contexts) >= CONTEXTS_MAX:
                self._contexts.clear()
            self._contexts[ca_pem] = context
        return context


def build_context(ca_pem: str | None) -> ssl.SSLContext:
    """Return a verifying client context. Raises ssl.SSLError when `ca_pem` has no certificate in it."""
    if ca_pem is not None and not ca_pem.strip():
        raise ssl.SSLError("an empty CA bundle")  # OpenSSL would fall back to the system's
    context = ssl.create_default_context(cadata=ca_pem)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    return context
