"""Who may import whom: the rings of ARCHITECTURE.md, and the libraries each ring may use.

A row lists packages of ours. `gateway.ports` and the like name single modules. The same rules stand in
pyproject.toml as import-linter contracts, which also follow chains; these say it by line.
"""

import re
import sys

import pytest

from kit.source_tree import Module, modules, owning_module

CORE = {"kernel", "contract", "wire", "policy", "formats", "providers"}

MAY_IMPORT: dict[str, set[str]] = {
    "kernel": set(),
    "contract": {"kernel"},
    "wire": {"kernel"},
    "policy": {"kernel", "contract"},
    "formats": {"kernel", "contract", "wire"},
    "providers": {"kernel", "contract", "wire", "formats"},
    "gateway": CORE,
    "control": CORE,
    "ledger": {"kernel", "contract"},
    "edge": CORE | {"gateway"},
    "adapters": CORE,
    "web": CORE | {"control"},
    "settings": {"kernel"},
    "cli": CORE | {"control", "settings", "runtime", "compose"},
    "runtime": CORE | {"gateway", "control", "ledger", "edge", "adapters", "web", "settings", "compose"},
    "compose": CORE | {"gateway", "control", "ledger", "edge", "adapters", "web", "settings", "runtime"},
    "__main__": {"cli"},
    "__init__": set(),
}

PORTS = re.compile(r"tollway\.(?:gateway|control|ledger)(?:\.\w+)*\.(?:ports|model|errors)(?:\.|$)")
"""What adapters may know of the services: the ports they implement and the values in them."""

CONTROL_FACES = re.compile(r"control/\w+/(?:api|commands)\.py")
"""The only files of a domain that may use `web`, `cli` and their libraries."""

LIBRARIES: dict[str, set[str]] = {
    "kernel": {"msgspec"},
    "contract": {"msgspec"},
    "wire": {"msgspec"},
    "policy": {"msgspec"},
    "formats": {"msgspec"},
    "providers": {"msgspec"},
    "gateway": {"msgspec"},
    "ledger": {"msgspec", "sqlalchemy"},
    "control": {"msgspec", "argon2"},
    "edge": {"msgspec", "httptools", "uvloop"},
    "adapters": {
        "msgspec",
        "lmdb",
        "sqlalchemy",
        "alembic",
        "psycopg",
        "cryptography",
        "argon2",
        "genai_prices",
    },
    "web": {"msgspec", "fastapi", "starlette", "pydantic", "pydantic_core", "jinja2", "yaml", "anyio"},
    "settings": {"msgspec"},
    "cli": {"msgspec", "typer", "rich", "yaml", "click"},
    "runtime": {"msgspec", "uvloop", "uvicorn"},
    "compose": {"msgspec", "uvloop"},
    "__main__": set(),
    "__init__": set(),
}

NO_IO = {"asyncio", "socket", "ssl", "sqlite3", "subprocess", "http.client", "logging", "threading", "os"}
FORBIDDEN_STANDARD: dict[str, set[str]] = {
    "kernel": NO_IO,
    "contract": NO_IO,
    "wire": NO_IO,
    "policy": NO_IO | {"time", "random", "secrets"},
    "formats": NO_IO | {"random"},
    "providers": {"socket", "ssl", "sqlite3", "subprocess", "http.client"},
    "gateway": {"socket", "ssl", "sqlite3", "subprocess", "http.client", "os"},
}


@pytest.mark.parametrize("module", modules(), ids=lambda module: module.place)
def test_imports_stay_within_the_rings(module: Module) -> None:
    wrong = [f"{module.place}:{line}: {why}" for line, why in _violations(module)]
    assert not wrong, "\n".join(wrong)


def test_every_package_has_a_ring() -> None:
    packages = {module.package for module in modules()}
    assert packages <= MAY_IMPORT.keys() and packages <= LIBRARIES.keys()


def _violations(module: Module) -> list[tuple[int, str]]:
    found = []
    for item in module.imports():
        ours = owning_module(item.target)
        if ours is not None:
            if not _may_import(module, ours):
                found.append((item.line, f"{module.package} may not import {ours}"))
            continue
        top = item.target.partition(".")[0]
        if top in sys.stdlib_module_names:
            forbidden = FORBIDDEN_STANDARD.get(module.package, set())
            if any(f"{item.target}.".startswith(f"{name}.") for name in forbidden):
                found.append((item.line, f"{module.package} may not import {item.target}"))
        elif not _may_use(module, top):
            found.append((item.line, f"{module.package} may not use the library {top}"))
    return found


def _may_import(module: Module, ours: str) -> bool:
    package = ours.split(".")[1] if "." in ours else "__init__"
    if package in (module.package, "__init__") or package in MAY_IMPORT[module.package]:
        return module.package != "control" or package != "control" or _stays_public(module, ours)
    if module.package == "adapters":
        return PORTS.match(ours) is not None
    return CONTROL_FACES.fullmatch(module.place) is not None and package in ("web", "cli")


def _stays_public(module: Module, ours: str) -> bool:
    """Whether a domain uses another only by its public names (`tollway.control.teams`), values or errors."""
    own, other = module.place.split("/"), ours.split(".")
    if len(own) < 3 or len(other) < 4 or own[1] == other[2]:
        return True
    return other[3] in ("model", "errors", "ports", "service")


def _may_use(module: Module, library: str) -> bool:
    if CONTROL_FACES.fullmatch(module.place) and library in LIBRARIES["web"] | LIBRARIES["cli"]:
        return True
    return library in LIBRARIES[module.package]
