#!/bin/sh
# Writes requirements/*.lock anew from requirements/*.in: names, versions and hashes, no addresses.
# Give package names as arguments to raise only those.
set -eu
cd "$(dirname "$0")/../requirements"

uv=$(command -v uv || echo ../.venv/bin/uv)
if [ ! -x "$uv" ]; then
    echo "lock: needs uv; type:  .venv/bin/pip install uv" >&2
    exit 1
fi

options="--universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate"
for package in "$@"; do options="$options --upgrade-package $package"; done
for name in build node run dev real; do
    [ -f "$name.in" ] || continue
    echo "lock: requirements/$name.lock"
    # shellcheck disable=SC2086 # The options are words on purpose.
    "$uv" pip compile -q $options "$name.in" -o "$name.lock"
done
