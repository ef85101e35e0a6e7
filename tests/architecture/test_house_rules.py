"""The rules of CONTRIBUTING.md that a program can check, each with the right way in its message."""

import ast
import re

from kit.source_tree import ROOT, Module, modules

VAGUE_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "base", "misc", "shared", "tools", "stuff"}

ENVIRONMENT_READERS = {
    "settings/load.py": "the one place",
    "__main__.py": "takes up what its own first run handed to the second (runtime/serving.py)",
    "cli/references.py": "resolves env: references of a configuration file, which name variables on purpose",
    "compose/console.py": "the same on the server's side",
}

NPM_LOCKS = (ROOT / "ui" / "package-lock.json", ROOT / "tests" / "node" / "package-lock.json")

BROAD_EXCEPTS = ("runtime/", "edge/", "adapters/telemetry/", "cli/in_process.py", "web/envelope.py")
"""Process and connection boundaries, where everything must end in an answer or a log line."""

SQL = re.compile(r"^\s*(?:SELECT|INSERT|UPDATE|DELETE|CREATE TABLE|ALTER|DROP|WITH)\b", re.IGNORECASE)


def test_modules_say_what_they_do() -> None:
    bare = [module.place for module in modules() if not ast.get_docstring(module.tree) and module.text.strip()]
    assert not bare, "a module docstring says what the module does and must not do:\n" + "\n".join(bare)


def test_names_say_what_a_module_is_for() -> None:
    vague = [module.place for module in modules() if VAGUE_NAMES & set(module.name.split("."))]
    assert not vague, "name the thing:\n" + "\n".join(vague)


def test_environment_is_read_in_settings_only() -> None:
    found = [
        f"{module.place}:{node.lineno}"
        for module in modules()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Attribute)
        and node.attr in ("environ", "getenv", "environb")
        and module.place not in ENVIRONMENT_READERS
        and not _passes_on(module, node)
    ]
    assert not found, "make it a setting (settings/model.py), or take it as an argument:\n" + "\n".join(found)


def test_r1_sql_is_never_built_from_strings() -> None:
    found = [
        f"{module.place}:{node.lineno}"
        for module in modules()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.JoinedStr) and node.values and _starts_sql(node)
    ]
    assert not found, "use SQLAlchemy Core or bound parameters:\n" + "\n".join(found)


def test_r17_no_query_makes_a_pattern_of_an_input() -> None:
    """A wildcard in an input would match everything, slowly: inputs are compared as ranges, or escaped."""
    patterns = re.compile(r"\.(?:like|ilike|regexp_match|op)\(")
    unescaped = re.compile(r"""\.c\.\w+\.(?:contains|startswith|endswith)\((?!['"])""")
    found = [
        f"{module.place}:{number}"
        for module in modules()
        if module.place.startswith("adapters/storage/")
        for number, line in enumerate(module.text.splitlines(), start=1)
        if patterns.search(line) or (unescaped.search(line) and "autoescape" not in line)
    ]
    assert not found, "compare a range, or say autoescape=True:\n" + "\n".join(found)


NAMES_IN_STATEMENTS = ("adapters/storage/engine.py", "adapters/storage/migrate.py")
"""Where a statement is formatted: with a constant of ours, since a pragma or the name of a schema cannot be bound."""


def test_r1_no_statement_is_formatted_where_it_is_sent() -> None:
    """Whatever the statement: neither an f-string nor `%` nor `format` is an argument of `execute` or of `text`."""
    found = [
        f"{module.place}:{node.lineno}"
        for module in modules()
        if module.package in ("adapters", "control", "ledger") and module.place not in NAMES_IN_STATEMENTS
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call) and _last_name(node.func) in ("execute", "executemany", "exec_driver_sql", "text")
        for argument in node.args
        if isinstance(argument, ast.JoinedStr)
        or (isinstance(argument, ast.BinOp) and isinstance(argument.op, ast.Mod | ast.Add))
        or (isinstance(argument, ast.Call) and _last_name(argument.func) == "format")
    ]
    assert not found, "bind it as a parameter:\n" + "\n".join(found)


def test_r6_a_caller_is_made_where_credentials_are_proven_and_nowhere_else() -> None:
    """Also a failure makes none. The operator of the local socket is one constant; the guard makes all others."""
    makers = {module.place for module in modules() if re.search(r"(?<!class )\bCaller\(", module.text)}
    assert makers == {"gateway/subjects.py", "web/guard.py", "web/identity.py"}


def test_r8_nothing_reads_the_address_that_a_host_header_is_part_of() -> None:
    """What is decided about is the route that was matched, the path and the scheme of the scope."""
    pattern = re.compile(r"\brequest\.(?:base_)?url(?:_for)?\b|\bconnection\.url\b")
    found = [module.place for module in modules() if pattern.search(module.text)]
    assert not found, "use the scope's own `path`, `query_string` or `scheme`:\n" + "\n".join(found)


def test_suppressions_have_a_code_and_a_reason() -> None:
    pattern = re.compile(r"#\s*type:\s*ignore(?!\[[a-z-, ]+\]\s+#\s*\S)|#\s*noqa(?!:\s*[A-Z0-9, ]+(?:-|\s#)\s*\S)")
    found = [
        f"{module.place}:{number}: {line.strip()}"
        for module in modules()
        for number, line in enumerate(module.text.splitlines(), start=1)
        if pattern.search(line)
    ]
    assert not found, "write `# type: ignore[code]  # why` or `# noqa: CODE - why`:\n" + "\n".join(found)


def test_broad_excepts_stand_at_boundaries_only() -> None:
    found = []
    for module in modules():
        for node in ast.walk(module.tree):
            if not isinstance(node, ast.ExceptHandler) or module.place.startswith(BROAD_EXCEPTS):
                continue
            names = ast.unparse(node.type) if node.type else "everything"
            if names in ("Exception", "everything"):
                found.append(f"{module.place}:{node.lineno}: except {names}")
            elif names == "BaseException" and not any(isinstance(inner, ast.Raise) for inner in ast.walk(node)):
                found.append(f"{module.place}:{node.lineno}: except BaseException without raising it again")
    assert not found, "name the exceptions you expect:\n" + "\n".join(found)


def test_unfinished_work_has_a_number() -> None:
    pattern = re.compile(r"\b(?:TODO|FIXME|XXX)\b(?! ?\(?#[0-9]+)")
    found = [module.place for module in modules() if pattern.search(module.text)]
    assert not found, "finish it, or write TODO(#number):\n" + "\n".join(found)


def test_header_numbers_are_parsed_by_their_grammar() -> None:
    """`int()` accepts signs, blanks, underscores and other scripts' digits; two readers of one header then differ."""
    found = []
    for module in modules():
        if module.package not in ("edge", "gateway", "wire"):
            continue
        for _, function in module.functions():
            source = ast.get_source_segment(module.text, function) or ""
            has_check = re.search(r"isdigit\(\)|fullmatch|\.match\(", source)
            for line in source.splitlines():
                if re.search(r"\bint\((?:value|header|raw|length|text)\)(?!.*  # )", line) and not has_check:
                    found.append(f"{module.place}:{function.lineno} {function.name}")
    assert not found, "check the digits before int(), or say in a comment on the line who did:\n" + "\n".join(found)


def test_nothing_names_a_registry() -> None:
    """Lock files hold names, versions and hashes; where packages come from is the machine's own setting."""
    pattern = re.compile(r"https?://[a-z.]*(?:py" + "pi|python" + "hosted|np" + r"mjs)\.")
    checked = [*(ROOT / "requirements").iterdir(), *NPM_LOCKS, ROOT / "pyproject.toml"]
    found = [path.name for path in checked if path.is_file() and pattern.search(path.read_text(encoding="utf-8"))]
    assert not found


def test_no_pattern_has_a_possessive_group() -> None:
    """CPython up to 3.11.4, such as Debian 12's, misreads them (gh-106052); write what cannot be split in two ways."""
    possessive = re.compile(r"\)(?:\*\+|\+\+|\?\+)|\(\?>")
    classes = re.compile(r"\[[^\]]*\]")
    texts = {module.path.name: module.path.read_text(encoding="utf-8") for module in modules()}
    found = [name for name, text in texts.items() if possessive.search(classes.sub("[]", text))]
    assert not found


def _last_name(node: ast.expr) -> str:
    """The name that is called, without what it belongs to."""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _passes_on(module: Module, node: ast.Attribute) -> bool:
    """Whether the environment is only handed to a child process (`env={**os.environ, …}` in runtime)."""
    return module.package == "runtime"


def _starts_sql(node: ast.JoinedStr) -> bool:
    first = node.values[0]
    has_hole = any(isinstance(value, ast.FormattedValue) for value in node.values)
    return has_hole and isinstance(first, ast.Constant) and bool(SQL.match(str(first.value)))
