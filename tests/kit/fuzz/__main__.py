"""Tries targets by hand: `python -m kit.fuzz 10000000 path token` (without a name: all; `seed=7` for other inputs)."""

import sys

from kit.fuzz.run import run
from kit.fuzz.targets import TARGETS

if __name__ == "__main__":
    options = dict(word.split("=") for word in sys.argv[2:] if "=" in word)
    for name in [word for word in sys.argv[2:] if "=" not in word] or list(TARGETS):
        print(run(name, TARGETS[name], int(sys.argv[1]), int(options.get("seed", "1"))), flush=True)
