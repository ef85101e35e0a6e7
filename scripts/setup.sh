#!/bin/sh
# Makes the repository ready: `setup.sh run` for serving, `setup.sh dev` for tests and development.
#
# Creates .venv, installs exactly what the lock files name, installs the project itself in place and builds
# the dashboard. Each step leaves a stamp in .venv/stamps, so that the second run takes a moment. Safe to
# interrupt and to repeat; needs no root. PYTHON=/path/to/python chooses the interpreter.
set -eu
cd "$(dirname "$0")/.."

kind=${1:-run}
venv=.venv
python=$venv/bin/python
stamps=$venv/stamps
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore PIP_NO_INPUT=1

say() { echo "setup: $*"; }

fail() {
    echo "setup: $1" >&2
    shift
    for line in "$@"; do echo "    $line" >&2; done
    exit 1
}

is_new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

has_venv() { "$1" -c 'import ensurepip, venv' 2>/dev/null; }

# Prints how long a fixed piece of work takes, in units of 10 microseconds: the least of several tries.
slowness() {
    "$1" -c '
import time
def work():
    began = time.process_time()
    total = 0
    for number in range(20000):
        total += {"n": number % 7}["n"]
    return time.process_time() - began
print(int(min(work() for _ in range(15)) * 100000))'
}

# Prints the newest Python that will do; of several of that version the fastest, since one that was built
# without profile-guided optimization takes half as long again for everything.
find_python() {
    if [ -n "${PYTHON:-}" ]; then
        is_new_enough "$PYTHON" && command -v "$PYTHON"
        return
    fi
    for name in python3.14 python3.13 python3.12 python3.11 python3 python; do
        best= least=
        old_ifs=$IFS
        IFS=:
        for folder in $PATH; do
            IFS=$old_ifs
            path=$folder/$name
            [ -x "$path" ] && is_new_enough "$path" || continue
            [ -n "$best" ] && ! has_venv "$path" && continue
            took=$(slowness "$path") || continue
            if [ -z "$best" ] || ! has_venv "$best" || [ "$took" -lt $((least - least / 10)) ]; then
                best=$path least=$took
            fi
        done
        IFS=$old_ifs
        if [ -n "$best" ]; then
            echo "$best"
            return
        fi
    done
    return 1
}

make_venv() {
    if [ -x "$python" ] && is_new_enough "$python" && "$python" -m pip --version >/dev/null 2>&1; then
        return
    fi
    found=$(find_python) || fail "needs Python 3.11 or newer, and found none. On Debian or Ubuntu, type:" \
        "sudo apt-get install python3 python3-venv" "On macOS:" "brew install python"
    version=$("$found" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    has_venv "$found" ||
        fail "$found has no venv module. On Debian or Ubuntu, type:" "sudo apt-get install python$version-venv"
    say "creating $venv with Python $version ($found)"
    rm -rf "$venv"
    "$found" -m venv "$venv" || fail "could not create $venv (see above)"
}

# Prints what the result of a step depends on: the interpreter and the contents of the files named.
digest() {
    { "$python" -c 'import sys; print(sys.version)'; cat "$@"; } | cksum
}

is_done() { [ -f "$stamps/$1" ] && [ "$(cat "$stamps/$1")" = "$2" ]; }

install_lock() {
    file=requirements/$1.lock
    now=$(digest "$file")
    if is_done "$1" "$now"; then return; fi
    say "installing $file"
    "$python" -m pip install -qq --require-hashes -r "$file" ||
        fail "could not install $file (see above). If the network was the cause, type the same command again."
    mkdir -p "$stamps"
    echo "$now" >"$stamps/$1"
}

install_project() {
    now=$(digest pyproject.toml src/tollway/__init__.py)
    if is_done project "$now" && [ -x "$venv/bin/tollway" ]; then return; fi
    say "installing tollway in place"
    # The dashboard is built below, with its own stamp. Build requirements come from the lock, not from outside.
    TOLLWAY_SKIP_UI=1 "$python" -m pip install -qq --no-deps --no-build-isolation --no-index -e . ||
        fail "could not install the project (see above)"
    mkdir -p "$stamps"
    echo "$now" >"$stamps/project"
}

# Each process starts half a second sooner, also where the environment keeps Python from writing its own cache.
compile_sources() {
    "$python" -m compileall -q src/tollway || fail "a source file cannot be compiled (see above)"
}

has_node() {
    node -e 'process.exit(Number(process.versions.node.split(".")[0]) < 20 ? 1 : 0)' 2>/dev/null &&
        command -v npm >/dev/null 2>&1
}

build_ui() {
    # TOLLWAY_SKIP_UI=1 leaves the dashboard out, for machines that cannot reach a registry of npm packages.
    if [ "${TOLLWAY_SKIP_UI:-}" = 1 ]; then return; fi
    if "$python" scripts/build_ui.py --is-fresh 2>/dev/null; then return; fi
    has_node || install_lock node
    say "building the dashboard"
    "$python" scripts/build_ui.py || fail "could not build the dashboard (see above)"
}

# The official clients on Node, for the tests that call them. They are skipped where there is no Node, and where
# TOLLWAY_SKIP_UI=1 says that no registry of npm packages can be reached.
install_node_clients() {
    if [ "${TOLLWAY_SKIP_UI:-}" = 1 ] || ! has_node; then return; fi
    now=$(digest tests/node/package-lock.json)
    if is_done node-clients "$now" && [ -d tests/node/node_modules ]; then return; fi
    say "installing the clients on Node"
    (cd tests/node && npm ci --ignore-scripts --prefer-offline --no-audit --no-fund --loglevel=error >/dev/null) ||
        fail "could not install tests/node (see above). If the network was the cause, type the same command again."
    echo "$now" >"$stamps/node-clients"
}

make_venv
install_lock build
case $kind in
run) is_done dev "$(digest requirements/dev.lock)" || install_lock run ;;
dev) install_lock dev && install_node_clients ;;
real) install_lock dev && install_lock real ;;
*) fail "unknown kind: $kind (write run, dev or real)" ;;
esac
install_project
compile_sources
build_ui
