"""The sources as data, for tests that check the shape of the code: modules, imports, functions."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
SOURCES = ROOT / "src" / "tollway"

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Import:
    """One import: the module it names (and, for `from x import y`, the name), and where it stands."""

    target: str
    line: int
    is_deferred: bool
    """Inside a function, or for type checking only."""


@dataclass(frozen=True)
class Module:
    """One source file."""

    path: Path

    @property
    def place(self) -> str:
        """The path from `src/tollway`, as messages and waivers name it."""
        return self.path.relative_to(SOURCES).as_posix()

    @property
    def name(self) -> str:
        """The dotted name."""
        parts = ["tollway", *self.path.relative_to(SOURCES).with_suffix("").parts]
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    @property
    def package(self) -> str:
        """The first package below `tollway`, or the module's own name for those at the top."""
        return self.path.relative_to(SOURCES).parts[0].removesuffix(".py")

    @cached_property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    def imports(self) -> Iterator[Import]:
        """Yield absolute imports; relative ones are made absolute."""
        deferred = {id(node) for scope in ast.walk(self.tree) if _defers(scope) for node in ast.walk(scope)}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    yield Import(alias.name, node.lineno, id(node) in deferred)
            elif isinstance(node, ast.ImportFrom):
                base = self._absolute(node)
                for alias in node.names:
                    yield Import(f"{base}.{alias.name}", node.lineno, id(node) in deferred)

    def functions(self) -> Iterator[tuple[str, Function]]:
        """Yield every function with its qualified name."""

        def walk(node: ast.AST, prefix: str) -> Iterator[tuple[str, Function]]:
            for child in ast.iter_child_nodes(node):
                if isinstance(child, Function):
                    yield prefix + child.name, child
                    yield from walk(child, f"{prefix}{child.name}.")
                elif isinstance(child, ast.ClassDef):
                    yield from walk(child, f"{prefix}{child.name}.")
                else:
                    yield from walk(child, prefix)

        yield from walk(self.tree, "")

    def _absolute(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        package = self.name if self.path.name == "__init__.py" else self.name.rpartition(".")[0]
        for _ in range(node.level - 1):
            package = package.rpartition(".")[0]
        return f"{package}.{node.module}" if node.module else package


def _defers(node: ast.AST) -> bool:
    if isinstance(node, Function):
        return True
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)


@lru_cache(maxsize=1)
def modules() -> tuple[Module, ...]:
    """Every source file, sorted by path; migrations are data of the storage and count too."""
    return tuple(Module(path) for path in sorted(SOURCES.rglob("*.py")) if "_ui" not in path.parts)


@lru_cache(maxsize=1)
def module_names() -> frozenset[str]:
    """The dotted names of all modules."""
    return frozenset(module.name for module in modules())


def owning_module(target: str) -> str | None:
    """The module of ours that an import target names, or None for anything else."""
    while target:
        if target in module_names():
            return target
        target = target.rpartition(".")[0]
    return None
