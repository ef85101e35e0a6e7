"""The TLS context of a listening port, from its two settings.

TLS 1.2 is the least, ALPN offers HTTP/1.1 only, and a private key that others can read is refused. A
reload builds a new context and swaps it in; a context that cannot be built leaves the old one in use.
"""

import ssl
import stat
from pathlib import Path


class TLSFault(Exception):
    """The certificate or key cannot be used; the text names the file and the cause, and is for the operator."""


def build_server_context(certificate: Path, key: Path) -> ssl.SSLContext:
    """Load a certificate chain and its key. Raises TLSFault."""
    check_private(key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION | ssl.OP_CIPHER_SERVER_PREFERENCE
    context.set_ciphers("ECDHE+AESGCM:ECDHE+CHACHA20")
    context.set_alpn_protocols(["http/1.1"])
    try:
        context.load_cert_chain(certificate, key, password=_no_password)
    except (OSError, ssl.SSLError, ValueError) as error:
        raise TLSFault(f"cannot load the certificate {certificate} with the key {key}: {error}") from error
    return context


def check_private(key: Path) -> None:
    """Raise TLSFault unless `key` is a file that its owner alone can read or write."""
    try:
        mode = key.stat().st_mode
    except OSError as error:
        raise TLSFault(f"cannot read the key {key}: {error.strerror}") from error
    if not stat.S_ISREG(mode):
        raise TLSFault(f"the key {key} is not a file")
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise TLSFault(f"the key {key} can be read by others (mode {stat.S_IMODE(mode):04o}); run: chmod 600 {key}")


def _no_password() -> str:
    """Refuse an encrypted key instead of asking on the terminal, which nobody may be watching."""
    raise ValueError("the key is encrypted")
