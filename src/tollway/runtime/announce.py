"""What `tollway serve` prints once it answers: one line for scripts, then what a person needs next."""

import sys
from collections.abc import Mapping


def announce(gateway_url: str, console_url: str, notes: Mapping[str, str]) -> None:
    """Print `ready GATEWAY_URL CONSOLE_URL`, how to sign in and a first call to copy."""
    lines = [f"ready {gateway_url} {console_url}", ""]
    if link := notes.get("setup_url"):
        lines += ["  Set up    " + link, "            (opens the console; works once, for 15 minutes)"]
    else:
        lines += ["  Console   " + console_url]
    lines += ["  Gateway   " + gateway_url, ""]
    token = notes.get("first_token")
    if token:
        lines += ["  First call (this token reaches only the built-in sandbox and expires in a day):", ""]
        lines += [_curl(gateway_url, token), ""]
    else:
        lines += ["  A token:  tollway token issue --name my-first-token", ""]
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


def _curl(gateway_url: str, token: str) -> str:
    return (
        f"    curl {gateway_url}/v1/chat/completions \\\n"
        f"      -H 'Authorization: Bearer {token}' -H 'Content-Type: application/json' \\\n"
        """      -d '{"model": "sandbox-small", "messages": [{"role": "user", "content": "Hello"}]}'"""
    )
