"""Each source file has its own test, on the same path, or is listed with where it is tested.

`src/tollway/a/b.py` is tested by `tests/unit/a/test_b.py`; code that needs sockets or processes by the same path
below `tests/contract`, `tests/edge`, `tests/journeys` or `tests/http`. Adapters are tested through their ports, by
`tests/contract/<adapter>/`.
"""

import ast
from pathlib import Path

from kit.source_tree import ROOT, Module, modules

PLACES = ("unit", "contract", "http", "journeys", "chaos", ".")

LISTED: dict[str, str] = {
    "__main__.py": "tests/unit/test_main.py",
    "compose/console.py": "tests/contract/runtime/test_supervisor.py",
    "compose/life.py": "tests/journeys/test_token_life.py",
    "compose/limits.py": "tests/contract/runtime/test_supervisor.py",
    "compose/keys.py": "tests/journeys/test_rotate_keys.py",
    "compose/notices.py": "tests/journeys/test_notices.py",
    "compose/rights.py": "tests/journeys/test_rights.py",
    "compose/security.py": "tests/http/control/security/test_api.py",
    "compose/worker.py": "tests/contract/runtime/test_supervisor.py",
    "runtime/worker.py": "tests/contract/runtime/test_supervisor.py",
    "runtime/restoring.py": "tests/contract/cli/test_upkeep.py",
    "adapters/storage/applications.py": "tests/contract/storage/test_config_stores.py",
    "adapters/storage/config_database.py": "tests/contract/storage/test_config_stores.py",
    "adapters/storage/config_rows.py": "tests/contract/storage/test_config_stores.py",
    "adapters/storage/config_schema.py": "tests/contract/storage/test_config_stores.py",
    "adapters/storage/dumps.py": "tests/contract/storage/test_config_stores.py",
    "adapters/storage/idempotency.py": "tests/contract/storage/test_config_stores.py",
    "adapters/storage/ledger_faults.py": "tests/contract/storage/test_ledger_watch.py",
    "adapters/storage/ledger_tables.py": "tests/contract/storage/test_ledger.py",
    "adapters/storage/bulk.py": "tests/unit/control/bulk/test_service.py",
    "adapters/storage/life.py": "tests/contract/storage/test_life.py",
    "adapters/storage/rotations.py": "tests/contract/storage/test_life.py",
    "adapters/storage/levels.py": "tests/contract/storage/test_config_stores.py",
    "adapters/storage/plans.py": "tests/contract/storage/test_config_stores.py",
    "adapters/storage/published_limits.py": "tests/unit/control/limits/test_levels.py",
    "adapters/storage/published_rights.py": "tests/contract/storage/test_rights.py",
    "adapters/storage/publication.py": "tests/contract/storage/test_config_stores.py",
    "adapters/storage/roles.py": "tests/contract/storage/test_accounts.py",
    "adapters/storage/services.py": "tests/contract/storage/test_config_stores.py",
    "adapters/storage/teams.py": "tests/contract/storage/test_config_stores.py",
    "adapters/storage/tokens.py": "tests/contract/storage/test_config_stores.py",
    "adapters/storage/upstreams.py": "tests/contract/storage/test_config_stores.py",
    "ledger/ingest.py": "tests/contract/storage/test_ledger.py",
    "providers/sandbox/schema.py": "tests/unit/providers/sandbox/test_answers.py",
    "providers/sandbox/words.py": "tests/unit/providers/sandbox/test_answers.py",
}
"""Files tested elsewhere, with where. A folder of tests counts when it has a test in it."""


def test_each_source_has_its_own_test() -> None:
    missing = [module.place for module in modules() if _needs_a_test(module) and not _has_test(module)]
    assert not missing, "no test for:\n" + "\n".join(missing)


def test_listed_tests_exist() -> None:
    gone = [f"{source} -> {test}" for source, test in LISTED.items() if not (ROOT / test).exists()]
    assert not gone, "\n".join(gone)
    unknown = LISTED.keys() - {module.place for module in modules()}
    assert not unknown


def _needs_a_test(module: Module) -> bool:
    """Whether there is anything to test: a function with a body. Ports and tables of constants have none."""
    if "migrations/" in module.place:
        return False  # Run by every test of the storage; a test of each would only repeat it.
    if module.package == "control" and module.path.name in ("errors.py", "model.py"):
        return False  # A line a refusal or value, seen by the tests of what raises or makes it.
    return any(not _is_bare(function) for _, function in module.functions())


def _is_bare(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    body = [node for node in function.body if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))]
    return not body


def _has_test(module: Module) -> bool:
    if module.place in LISTED:
        return True
    folder, name = module.path.parent.relative_to(ROOT / "src" / "tollway"), module.path.stem
    wanted = f"test_{folder.name if name == '__init__' else name}.py"
    for place in PLACES:
        base = ROOT / "tests" / place / folder
        # A file that outgrew one test file has a folder of them.
        if (base / wanted).exists() or list((base / name).glob("test_*.py")):
            return True
    return module.package == "adapters" and _has_contract(folder, wanted)


def _has_contract(folder: Path, wanted: str) -> bool:
    """Whether an adapter is tested through its port: by its own test, or by the one of its whole package."""
    base = ROOT / "tests" / "contract" / Path(*folder.parts[1:])
    return (base / wanted).exists() or (len(folder.parts) > 1 and (base / f"test_{folder.name}.py").exists())
