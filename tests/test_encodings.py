"""Whatever the locale, the package reads and writes text in UTF-8."""

import ast
from collections.abc import Iterator
from pathlib import Path

import hwgen

PACKAGE = Path(hwgen.__file__).parent
TEXT = {"read_text", "write_text"}
EITHER = {"open", "fdopen", "NamedTemporaryFile", "TemporaryFile"}
"""Calls whose mode says whether they are about text."""


def _leaves_it_to_the_locale(call: ast.Call) -> bool:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    given = {keyword.arg: keyword.value for keyword in call.keywords}
    if "encoding" in given:
        return False
    if isinstance(given.get("text"), ast.Constant) or "universal_newlines" in given:
        return name in ("run", "Popen", "check_output")
    modes = [value.value for value in (*call.args, *given.values()) if isinstance(value, ast.Constant)]
    text_mode = any(isinstance(mode, str) and set(mode) <= set("rwax+t") and mode for mode in modes)
    return name in TEXT or (name in EITHER and text_mode) or (isinstance(call.func, ast.Name) and name == "open")


def _calls(tree: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call) and _leaves_it_to_the_locale(node))


def test_every_text_file_names_its_encoding() -> None:
    careless = [
        f"{path.relative_to(PACKAGE)}:{call.lineno}"
        for path in sorted(PACKAGE.rglob("*.py"))
        for call in _calls(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert not careless, careless


def test_the_test_sees_a_call_without_an_encoding() -> None:
    for line in ("p.read_text()", "p.open('w')", "open(p)", "run(c, text=True)", "p.write_text(t, errors='replace')"):
        assert list(_calls(ast.parse(line))), line
    for line in ("p.read_text(encoding='utf-8')", "p.open('rb')", "os.open(p, os.O_RDONLY)", "Client.open(port, baud)"):
        assert not list(_calls(ast.parse(line))), line
