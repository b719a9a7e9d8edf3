"""The rules of the house that a machine can hold: who imports whom, one XML parser, OIDs in one place, sizes.

Source: ``docs/architecture.md``, the table of imports.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("ehdsi", "countries", "simulators", "exchange", "sesali", "onboarding", "reports", "clinician",
            "ncpeh")
OURS = (*PACKAGES, "features", "load", "fixtures", "schemas", "tests", "benchmarks")

#: Package -> those of ours that it may import, besides itself.
MAY_IMPORT = {
    "ehdsi": set(),
    "countries": {"ehdsi"},
    "simulators": {"ehdsi", "countries"},
    "exchange": {"ehdsi"},
    "sesali": {"ehdsi", "exchange"},
    "onboarding": {"ehdsi", "exchange", "countries", "reports"},
    "reports": set(),
    "clinician": set(),
    "ncpeh": {*PACKAGES, "load"},
    "features": {"clinician", "simulators"},
    "load": {"clinician"},
}
#: What the wire package must not touch: network, clock, chance, files.
NOT_IN_EHDSI = {"socket", "ssl", "http", "urllib.request", "httpx", "asyncio", "random", "secrets", "time",
                "uuid.uuid1", "uuid.uuid4", "subprocess", "tempfile"}
#: Libraries that the wire package may use.
LIBRARIES_OF_EHDSI = {"lxml", "cryptography", "xmlschema"}

#: Calls that parse XML; only ``ehdsi/xml.py`` may make them on documents.
PARSING = {"fromstring", "parse", "XML", "XMLParser", "iterparse", "HTMLParser", "fromstringlist",
           "XMLPullParser"}
#: XML libraries other than lxml.etree.
OTHER_PARSERS = {"xml.etree", "xml.dom", "xml.sax", "lxml.objectify", "lxml.html", "defusedxml", "bs4"}
#: The one parser. (The clinician sees web pages only and reads them with lxml's HTML parser.)
MAY_PARSE = {"ehdsi/xml.py"}

OID = re.compile(r"(?<![\d.])[0-2](?:\.(?:0|[1-9]\d*)){5,}(?![\d.])")
MAX_FUNCTION_LINES = 60
MAX_FILE_LINES = 600


@cache
def files(package: str) -> tuple[Path, ...]:
    """Python files of a package."""
    return tuple(sorted((ROOT / package).rglob("*.py")))


@cache
def tree(path: Path) -> ast.Module:
    """The parsed file."""
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path: Path, package: str) -> Iterator[tuple[str, int]]:
    """Modules that a file imports anywhere, also inside functions, as absolute names; with their lines."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            name = f"{package}.{node.module or ''}" if node.level else (node.module or "")
            yield name, node.lineno
            yield from ((f"{name}.{alias.name}", node.lineno) for alias in node.names)


def short(path: Path) -> str:
    """Path below the checkout."""
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_packages_import_only_what_they_may(package):
    """The table of imports of the architecture holds, also for imports inside functions."""
    allowed = MAY_IMPORT[package] | {package}
    wrong = [f"{short(path)}:{line} imports {name}" for path in files(package)
             for name, line in imports(path, package)
             if (top := name.split(".")[0]) in OURS and top not in allowed]
    assert not wrong, "\n".join(wrong)


def test_locust_stays_in_its_room():
    """Importing locust patches the process, so only ``load`` does, and nothing that others import of it."""
    wrong = [f"{short(path)}:{line}" for package in PACKAGES for path in files(package)
             for name, line in imports(path, package) if name.split(".")[0] == "locust"]
    borrowed = {name for path in files("ncpeh") for name, _ in imports(path, "ncpeh")
                if name.startswith("load.")}
    wrong += [f"{short(path)}:{line}" for path in files("load") if f"load.{path.stem}" in borrowed
              for name, line in imports(path, "load") if name.split(".")[0] == "locust"]
    assert not wrong, "\n".join(wrong)


def test_there_is_no_circle_between_packages():
    """What is really imported forms floors: no package reaches itself through others."""
    reached = {package: {name.split(".")[0] for path in files(package) for name, _ in imports(path, package)}
               & set(PACKAGES) - {package} for package in PACKAGES}

    def below(package: str, seen: tuple[str, ...]) -> None:
        assert package not in seen, " -> ".join((*seen, package))
        for other in reached[package]:
            below(other, (*seen, package))

    for package in PACKAGES:
        below(package, ())


def test_the_wire_package_does_no_input_or_output():
    """ehdsi knows neither network nor clock nor chance, and no library beyond XML and cryptography."""
    wrong = []
    for path in files("ehdsi"):
        for name, line in imports(path, "ehdsi"):
            top = name.split(".")[0]
            foreign = top not in sys.stdlib_module_names and top not in {"ehdsi", *LIBRARIES_OF_EHDSI}
            if foreign or any(name == one or name.startswith(one + ".") for one in NOT_IN_EHDSI):
                wrong.append(f"{short(path)}:{line} imports {name}")
        wrong += [f"{short(path)}:{node.lineno} reads the clock" for node in ast.walk(tree(path))
                  if isinstance(node, ast.Attribute) and node.attr in ("now", "utcnow", "today")
                  and isinstance(node.value, ast.Name) and node.value.id in ("datetime", "date")]
    assert not wrong, "\n".join(wrong)


def parsing_names(path: Path) -> set[str]:
    """Names under which lxml.etree is known in a file, and functions of it imported by name."""
    names = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            names |= {alias.asname or alias.name for alias in node.names if alias.name == "lxml.etree"}
        elif isinstance(node, ast.ImportFrom) and node.module == "lxml":
            names |= {alias.asname or alias.name for alias in node.names if alias.name == "etree"}
    return names


def parsing_calls(path: Path) -> Iterator[int]:
    """Lines that parse XML with lxml."""
    names = parsing_names(path)
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in PARSING \
                and ast.unparse(node.func.value) in names:
            yield node.lineno
        if isinstance(node, ast.ImportFrom) and node.module == "lxml.etree" \
                and {alias.name for alias in node.names} & PARSING:
            yield node.lineno


@pytest.mark.parametrize("package", PACKAGES)
def test_xml_is_parsed_in_one_place(package):
    """Only ehdsi/xml.py parses XML; clinician may parse the HTML pages that it visits, and nothing else."""
    wrong = []
    for path in files(package):
        if short(path) in MAY_PARSE:
            continue
        if package != "clinician":
            wrong += [f"{short(path)}:{line} parses XML by itself" for line in parsing_calls(path)]
            wrong += [f"{short(path)}:{line} uses {name}" for name, line in imports(path, package)
                      if any(name == one or name.startswith(one + ".") for one in OTHER_PARSERS)]
    assert not wrong, "\n".join(wrong)


def string_constants(path: Path) -> Iterator[tuple[str, int]]:
    """Texts in the code that are no docstrings."""
    docstrings = {id(node.body[0].value) for node in ast.walk(tree(path))
                  if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef))
                  and node.body and isinstance(node.body[0], ast.Expr)}
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.value, node.lineno


@pytest.mark.parametrize("package", PACKAGES)
def test_oids_stand_in_one_file(package):
    """No literal OID outside ehdsi/oids.py: a code system is named once."""
    wrong = [f"{short(path)}:{line} {match[0]}" for path in files(package) if short(path) != "ehdsi/oids.py"
             for text, line in string_constants(path) for match in OID.finditer(text)
             if not match[0].startswith("2.999.")]
    assert not wrong, "\n".join(wrong)


def function_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function without its docstring."""
    lines = (node.end_lineno or node.lineno) - node.lineno + 1
    first = node.body[0]
    if isinstance(first, ast.Expr) and isinstance(first.value,
                                                  ast.Constant) and isinstance(first.value.value, str):
        lines -= (first.end_lineno or first.lineno) - first.lineno + 1
    return lines


@pytest.mark.parametrize("package", PACKAGES)
def test_functions_fit_a_screen_and_files_have_one_subject(package):
    """Functions and files stay under the hard limits of the house."""
    wrong = [f"{short(path)} has {count} lines" for path in files(package)
             if (count := len(path.read_text(encoding="utf-8").splitlines())) > MAX_FILE_LINES]
    wrong += [f"{short(path)}:{node.lineno} {node.name} has {function_lines(node)} lines"
              for path in files(package) for node in ast.walk(tree(path))
              if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
              and function_lines(node) > MAX_FUNCTION_LINES]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("package", PACKAGES)
def test_public_things_are_explained(package):
    """Every public class and function of a package has a docstring."""
    wrong = [f"{short(path)}:{node.lineno} {node.name}" for path in files(package)
             for node in public_things(tree(path)) if ast.get_docstring(node) is None]
    assert not wrong, "\n".join(wrong)


def public_things(module: ast.Module) -> Iterator[ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef]:
    """Classes and functions of a module whose names do not begin with an underscore."""
    for node in module.body:
        if isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)) \
                and not node.name.startswith("_"):
            yield node


def test_no_country_is_named_in_the_code():
    """Countries are data: no comparison with a country code decides anything."""
    codes = {folder.name for folder in (ROOT / "fixtures" / "countries").iterdir()
             if folder.is_dir()} - {"FR"}
    wrong = [f"{short(path)}:{node.lineno} compares with {constant.value}" for package in PACKAGES
             for path in files(package) for node in ast.walk(tree(path)) if isinstance(node, ast.Compare)
             for constant in ast.walk(node) if isinstance(constant, ast.Constant) and constant.value in codes]
    assert not wrong, "\n".join(wrong)


def test_the_tests_would_notice():
    """The rules are not blind: each of them sees a planted breach."""
    planted = ast.parse("from lxml import etree\netree.fromstring(b'')\n"
                        "X = '1.2.3.4.5.6.7'\nimport sesali.portal")
    path = ROOT / "ehdsi" / "planted.py"
    tree.cache_clear()
    original = globals()["tree"]
    globals()["tree"] = lambda _: planted
    try:
        assert list(parsing_calls(path)) == [2]
        assert ("sesali.portal", 4) in list(imports(path, "ehdsi"))
        assert [OID.search(text) is not None for text, _ in string_constants(path)] == [True]
    finally:
        globals()["tree"] = original
