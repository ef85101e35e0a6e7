"""Verifies passkeys (Web Authentication Level 3)."""

from tollway.adapters.passkeys.verifier import WebAuthnVerifier

__all__ = ["WebAuthnVerifier"]
