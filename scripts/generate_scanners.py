"""Writes what secret scanners need to find our tokens, from the constants of the format: `contrib/secret-scanning/`
and `.pre-commit-hooks.yaml`.

`generate_scanners.py` writes them, `generate_scanners.py --check` says which are out of date and exits with 1.
"""

import sys
from pathlib import Path

from tollway.policy.token import KINDS, SCANNER_EXPRESSION

ROOT = Path(__file__).resolve().parent.parent
_PREFIXES = [f"tw{kind}_" for kind in sorted(KINDS)]
_NOTE = "# Written by scripts/generate_scanners.py from the format of the tokens."

GITLEAKS = f"""{_NOTE}
# Use it with: gitleaks dir --config contrib/secret-scanning/gitleaks.toml PATH
# The last six characters of a token are a checksum, which this rule cannot look at; `tollway scan` does.

title = "Tollway tokens"

[[rules]]
id = "tollway-token"
description = "A bearer token of a Tollway gateway"
regex = '''{SCANNER_EXPRESSION}'''
keywords = [{", ".join(f'"{prefix}"' for prefix in _PREFIXES)}]
entropy = 4
tags = ["token", "tollway"]
"""

TRUFFLEHOG = f"""{_NOTE}
# Use it with: trufflehog filesystem --config contrib/secret-scanning/trufflehog.yaml --results=unverified PATH
detectors:
  - name: Tollway token
    keywords:
{chr(10).join(f"      - {prefix}" for prefix in _PREFIXES)}
    regex:
      token: '({SCANNER_EXPRESSION})'
    entropy: 4.0
"""

HOOKS = f"""{_NOTE}
# Use it by naming this repository in `.pre-commit-config.yaml` with the hook `tollway-scan`.
- id: tollway-scan
  name: no Tollway token is committed
  description: Refuses a commit of a file that holds a Tollway token whose checksum is right.
  entry: tollway scan --offline --no-history
  language: python
  types: [file]
  require_serial: true
"""

FILES = {
    "contrib/secret-scanning/gitleaks.toml": GITLEAKS,
    "contrib/secret-scanning/trufflehog.yaml": TRUFFLEHOG,
    ".pre-commit-hooks.yaml": HOOKS,
}


def main(arguments: list[str]) -> int:
    """Write or check the files."""
    old = []
    for name, text in FILES.items():
        path = ROOT / name
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        old.append(name)
        if "--check" not in arguments:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    if old and "--check" in arguments:
        print("out of date, run scripts/generate_scanners.py:", *old, sep="\n  ")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
