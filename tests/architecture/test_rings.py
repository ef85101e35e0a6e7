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
    "ledger": {"kernel", "contract", "policy"},
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

PORTS = re.compile(
    r"tollway\.(?:gateway|control|ledger|web)(?:\.\w+)*\.(?:ports|room|model|errors|paging|throttle)(?:\.|$)"
)
"""What adapters may know of the services: the ports they implement and the values in them."""

SETTINGS = "tollway.settings.model"
"""The types of settings; their values are handed in by whoever builds things, never read."""

CONTROL_FACES = re.compile(r"control/\w+/(?:\w+_)?(?:api|commands|shown)\.py")
"""The only files of a domain that may use `web`, `cli` and their libraries."""

EXCEPTIONS: dict[str, set[str]] = {
    # Stands where the upstream client stands, so it takes the same destinations and feeds the same exchange.
    "adapters/sandbox_transport.py": {"tollway.edge.flow", "tollway.edge.upstream.destination"},
    # A provider is probed with the client and in the compiled form that calls use.
    "adapters/prober.py": {"tollway.edge.upstream.client", "tollway.gateway.snapshot"},
    # Webhooks are sent with the client, and under the connect policy, of calls.
    "adapters/webhooks/sender.py": {"tollway.edge.upstream.client", "tollway.edge.upstream.destination"},
    # Asks the publisher itself whether it is behind.
    "adapters/readiness.py": {"tollway.control.publication.service"},
    # A meter is found by the key that a claim on it makes.
    "adapters/meters/reading.py": {"tollway.gateway.claims"},
    # The port that it implements has a file of its own.
    "adapters/response_states/store.py": {"tollway.gateway.response_states"},
}

LIBRARIES: dict[str, set[str]] = {
    "kernel": {"msgspec"},
    "contract": {"msgspec"},
    "wire": {"msgspec"},
    "policy": {"msgspec"},
    "formats": {"msgspec"},
    "providers": {"msgspec"},
    "gateway": {"msgspec"},
    "ledger": {"msgspec", "sqlalchemy"},
    "control": {"msgspec", "argon2", "segno", "yaml"},
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
        "webauthn",
    },
    "web": {"msgspec", "fastapi", "starlette", "pydantic", "pydantic_core", "jinja2", "yaml", "anyio"},
    "settings": {"msgspec"},
    "cli": {"msgspec", "typer", "rich", "yaml", "click"},
    "__main__": set(),
    "__init__": set(),
}

# What builds and runs everything may use everything.
LIBRARIES["runtime"] = LIBRARIES["compose"] = set().union(*LIBRARIES.values()) | {"uvicorn"}

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


def test_private_names_stay_in_their_module() -> None:
    found = [
        f"{module.place}:{item.line}: {item.target}"
        for module in modules()
        for item in module.imports()
        if owning_module(item.target)
        and any(part.startswith("_") and part[1:2] != "_" for part in item.target.split("."))
    ]
    assert not found, "make the name public, or leave it where it is:\n" + "\n".join(found)


def test_every_package_has_a_ring() -> None:
    packages = {module.package for module in modules()}
    assert packages <= MAY_IMPORT.keys() and packages <= LIBRARIES.keys()


def _violations(module: Module) -> list[tuple[int, str]]:
    found = []
    for item in module.imports():
        ours = owning_module(item.target)
        if ours is not None:
            if not _may_import(module, ours) and ours not in EXCEPTIONS.get(module.place, ()):
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
        return module.package != "control" or package != "control" or not _is_foreign_face(module, ours)
    if module.package in ("adapters", "edge") and ours == SETTINGS:
        return True
    if module.package == "adapters":
        return PORTS.match(ours) is not None
    return CONTROL_FACES.fullmatch(module.place) is not None and package in ("web", "cli")


def _is_foreign_face(module: Module, ours: str) -> bool:
    """Whether this is another domain's HTTP or command face. What has no underscore elsewhere in it is public."""
    own, other = module.place.split("/"), ours.split(".")
    is_own = len(own) < 3 or len(other) < 4 or own[1] == other[2]
    is_face = CONTROL_FACES.fullmatch("/".join(other[1:]) + ".py") is not None
    return not is_own and is_face and CONTROL_FACES.fullmatch(module.place) is None


def _may_use(module: Module, library: str) -> bool:
    if CONTROL_FACES.fullmatch(module.place) and library in LIBRARIES["web"] | LIBRARIES["cli"]:
        return True
    return library in LIBRARIES[module.package]
