"""Second factors of people: authenticator apps (TOTP), passkeys, and recovery codes."""
