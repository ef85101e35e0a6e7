"""Writes docs/openapi.json from the code, or with --check fails when they differ."""

import json
import sys
from pathlib import Path

from tollway.web.openapi import build_document

TARGET = Path(__file__).parent.parent / "docs" / "openapi.json"


def main() -> int:
    """Write or compare the document."""
    text = json.dumps(build_document(), indent=2, ensure_ascii=False) + "\n"
    if "--check" in sys.argv[1:]:
        if not TARGET.exists() or TARGET.read_text(encoding="utf-8") != text:
            print("docs/openapi.json is not what the code says; run scripts/freeze_openapi.py", file=sys.stderr)
            return 1
        return 0
    TARGET.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
