"""How the modules hang together, read from their source: who may import whom, and what is public."""

import ast
import importlib
import inspect
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

import autograd_core

ROOT = Path(autograd_core.__file__).parent
MODULES = sorted(ROOT.rglob("*.py"))
NN = sorted((ROOT.parent / "nn").rglob("*.py"))
LECTURES = sorted((ROOT.parent / "notebooks/lectures").rglob("*.py"))  # what single lectures need, beside the notebooks
STANDARD = sys.stdlib_module_names - {"this", "antigravity"}
SLOTS = {name for name in autograd_core.Value.__slots__ if name.startswith("_")}
# The rooms of each package, from the ground up: a file imports from rooms below its own, and from its own.
ROOMS = {
    "autograd_core": ["collector", "interrupts", "number", "watching", "choices", "files", "conversion", "arguments", "printing", "words", "sequences", "primitive", "table",
                      "functions", "formulas", "unrolled", "order", "operators", "persistence", "synonyms", "value", "derivatives", "programs", "views", "teaching",
                      "__main__", "__init__"],
    "nn": ["arguments", "data", "activations", "losses", "optim", "training", "module", "layers", "perceptron", "export", "estimators",
           "plots", "studies", "__main__", "__init__"],
    "notebooks": ["lectures"],
}  # fmt: skip
FLOORS = 8  # at most, in each package
DOORS = {"__init__", "__main__"}  # they stand in no room: one names what is inside, the other is the shell's way in


@cache
def tree(path):
    return ast.parse(path.read_text(encoding="utf-8"))


def package_of(path):
    """The package that a file's relative imports start from."""
    return path.relative_to(ROOT.parent).with_suffix("").parts[:-1]


@cache
def imported(path, everywhere=True):
    """The dotted names of the modules that a file imports; ``from . import x`` gives ``package.x``."""
    found = set()
    for node in ast.walk(tree(path)) if everywhere else run_on_import(tree(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = [*package_of(path)[: len(package_of(path)) + 1 - node.level]] if node.level else []
            base += [node.module] if node.module else []
            found |= {".".join(base)} if node.module else {".".join([*base, alias.name]) for alias in node.names}
    return found


def run_on_import(node):
    """Every statement that runs when the module is imported: all but the bodies of functions."""
    for child in ast.iter_child_nodes(node):
        yield child
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield from run_on_import(child)


@cache
def ours(path, everywhere=True):
    """The files of its own package that a file imports, also inside functions and for type checkers."""
    return {file for name in imported(path, everywhere) if (file := file_of(name)) is not None}


def file_of(name):
    """The file of a dotted name: a module, or the module that a name is taken from."""
    place = ROOT.parent.joinpath(*name.split("."))
    if place.relative_to(ROOT.parent).parts[:1] not in {(package,) for package in ROOMS}:
        return None
    for file in (place.with_suffix(".py"), place / "__init__.py"):
        if file.is_file():
            return file
    return file_of(name.rpartition(".")[0])


def room_of(path):
    """The folder directly below the package, or the file itself."""
    package, first = path.relative_to(ROOT.parent).with_suffix("").parts[:2]
    return package, first


def closure(path, everywhere=True):
    """All of our files that a file loads, by itself or through others."""
    found, pending = set(), [path]
    while pending:
        new = ours(pending.pop(), everywhere) - found
        found |= new
        pending += new
    return found


def floors(package):
    """How many rooms of a package stand above one another, at most."""
    below = {}
    for path in sorted((ROOT.parent / package).rglob("*.py")):
        rooms = {room_of(file)[1] for file in ours(path) if room_of(file)[0] == package}
        below.setdefault(room_of(path)[1], set()).update(rooms - {room_of(path)[1]})

    def height(room):
        return 1 + max((height(other) for other in below[room]), default=0)

    return max(height(room) for room in below if room not in DOORS)


def relative(path):
    return str(path.relative_to(ROOT.parent))


every_module = pytest.mark.parametrize("path", MODULES + NN + LECTURES, ids=relative)
every_core_module = pytest.mark.parametrize("path", MODULES, ids=relative)


@every_module
def test_no_room_imports_upwards(path):
    package, own = room_of(path)
    order = ROOMS[package]
    for file in ours(path) - {path}:
        above, room = room_of(file)
        if above == package:
            assert order.index(room) <= order.index(own), f"{relative(path)} imports {relative(file)}"


@every_module
def test_no_file_imports_itself_through_others(path):
    assert path not in closure(path)


@pytest.mark.parametrize("package", ROOMS)
def test_few_rooms_stand_above_one_another(package):
    assert floors(package) <= FLOORS


@every_core_module
def test_the_engine_needs_nothing_but_python(path):
    outside = {name.split(".")[0] for name in imported(path, everywhere=False)} - {"autograd_core"}
    assert outside <= STANDARD
    # Inside functions: the package that draws, the one that displays, the one of a dialect, and the one that simplifies.
    assert {name.split(".")[0] for name in imported(path)} <= STANDARD | {"autograd_core", "graphviz", "IPython", "numpy", "sympy"}


@every_core_module
def test_the_engine_does_not_know_the_networks(path):
    assert not [name for name in imported(path) if name.split(".")[0] == "nn"]


@pytest.mark.parametrize("path", MODULES + NN, ids=relative)
def test_no_package_knows_the_lectures(path):
    assert not [name for name in imported(path) if {"lectures", "notebooks"} & {*name.split(".")}]


def private_names(source):
    """What a file takes from another one that is not for others: names that begin with an underscore."""
    names = [alias.name for node in ast.walk(source) if isinstance(node, ast.ImportFrom) for alias in node.names]
    names += [node.attr for node in ast.walk(source) if isinstance(node, ast.Attribute) and ast.unparse(node.value) != "self"]
    return [name for name in names if name.startswith("_") and not name.startswith("__")]


@pytest.mark.parametrize("path", LECTURES, ids=relative)
def test_the_lectures_use_only_public_names(path):
    assert private_names(tree(path)) == []


def foreign_names(source):
    """What a file of ``nn`` takes from the engine that is not public."""
    aliases, found = set(), []
    for node in ast.walk(source):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name == "autograd_core":
                    aliases.add(alias.asname or alias.name)
                elif alias.name.startswith("autograd_core."):
                    found.append(alias.name)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and (node.module or "").split(".")[0] == "autograd_core":
            public = autograd_core.__all__ if node.module == "autograd_core" else []
            found += [f"{node.module}.{alias.name}" for alias in node.names if alias.name not in public]
    for node in ast.walk(source):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in aliases:
            found += [] if node.attr in autograd_core.__all__ else [f"autograd_core.{node.attr}"]
        elif isinstance(node, ast.Attribute) and node.attr in SLOTS and ast.unparse(node.value) != "self":
            found.append(f"the slot {node.attr}")
    return found


@pytest.mark.parametrize("path", NN + LECTURES, ids=relative)
def test_the_networks_use_only_public_names_of_the_engine(path):
    assert foreign_names(tree(path)) == []


@pytest.mark.parametrize(
    "text",
    ["from autograd_core.value import Value", "from autograd_core import value", "import autograd_core.value",
     "from autograd_core import *", "import autograd_core as ac\nac.value.Value(1.0)",
     "def f():\n    from autograd_core.number import real", "v._dx"],
)  # fmt: skip
def test_the_check_of_the_networks_would_notice(text):
    assert foreign_names(ast.parse(text))
    assert not foreign_names(ast.parse("import autograd_core as ac\nfrom autograd_core import Value\nac.exp(Value(1.0)).data"))


def isort_style(name):
    """SCREAMING_CASE, then CamelCase, then the rest; within each by natural order, so that log2 comes before log10."""
    kind = 0 if name.isupper() and len(name) > 1 else 1 if name[0].isupper() else 2
    return kind, [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", name)]


def defined_names():
    """What __init__ imports from our modules under a public name."""
    names = set()
    for node in ast.walk(tree(ROOT / "__init__.py")):
        if isinstance(node, ast.ImportFrom) and node.level and node.module:
            names |= {alias.asname or alias.name for alias in node.names}
    return {name for name in names if not name.startswith("_")}


def test_names_that_are_loaded_when_used_are_those_that_type_checkers_see():
    for name, module in autograd_core._HOME.items():
        assert f"from .{module} import" in (ROOT / "__init__.py").read_text()
        thing, home = getattr(autograd_core, name), f"autograd_core.{module}"
        assert getattr(importlib.import_module(home), name) is thing
        assert getattr(thing, "__module__", home) == home
        assert name in dir(autograd_core)
    with pytest.raises(AttributeError, match="no attribute 'q'"):
        autograd_core.q  # noqa: B018


def test_every_name_that_dir_shows_is_there():
    assert [name for name in dir(autograd_core) if not hasattr(autograd_core, name)] == []


def test_the_public_names_are_complete_and_sorted():
    listed = [name for name in autograd_core.__all__ if name in defined_names()]
    assert listed == sorted(defined_names(), key=isort_style)
    assert [name for name in autograd_core.__all__ if name not in listed and name not in autograd_core.functions._BUILT_IN] == []
    assert len(set(autograd_core.__all__)) == len(autograd_core.__all__)


def test_to_readers_of_the_source_a_public_name_is_not_the_module_of_that_name():
    last = {}
    for node in tree(ROOT / "__init__.py").body:
        if isinstance(node, ast.ImportFrom) and node.level:
            last[node.module.split(".")[0]] = "module"
            last |= {alias.asname or alias.name: "name" for alias in node.names}
    assert {name for name in defined_names() if last.get(name) == "module"} == set()


def test_every_operation_that_users_may_write_is_public():
    for name, row in autograd_core.TABLE.items():
        if name.isidentifier() and not row.internal and name != "neg":  # neg is the minus sign
            assert name in dir(autograd_core)
            assert callable(getattr(autograd_core, name))
            assert name in autograd_core.__all__ or name not in autograd_core.functions._BUILT_IN  # one of a user's own is not listed
        elif row.internal:
            assert not hasattr(autograd_core, name)


def is_record(thing):
    """A class that only holds fields, or an error."""
    return inspect.isclass(thing) and (issubclass(thing, tuple | Exception) or hasattr(thing, "__dataclass_fields__"))


@pytest.mark.parametrize("name", [name for name in autograd_core.__all__ if name not in ("DIALECTS", "TABLE")])
def test_every_public_name_is_documented_with_an_example(name):
    thing = getattr(autograd_core, name)
    text = inspect.getdoc(thing) if inspect.isclass(thing) or inspect.isfunction(thing) else thing.__dict__.get("__doc__")
    assert text
    if not is_record(thing) and not (inspect.isclass(thing) and thing.__bases__ != (object,) and not has_methods(thing)):
        assert ">>> " in text


def has_methods(kind):
    """Whether a class adds anything to its base: Constant does not."""
    return any(callable(x) for x in vars(kind).values())


@every_module
def test_every_module_says_what_it_is_for(path):
    text = ast.get_docstring(tree(path))
    assert text
    assert text.splitlines()[0].endswith((".", ":", "?")) or len(text.splitlines()) > 1


@every_core_module
def test_every_public_function_and_class_in_a_module_has_a_docstring(path):
    bare = [
        node.name
        for node in tree(path).body
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_") and not ast.get_docstring(node)
    ]
    assert bare == []


def length(path):
    return len(path.read_text(encoding="utf-8").splitlines())


def test_the_first_file_to_read_is_read_in_one_sitting():
    assert length(ROOT / "value.py") <= 190


@every_module
def test_files_and_functions_are_short(path):
    assert length(path) <= 350
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno - node.lineno < 45, f"{node.name} has {node.end_lineno - node.lineno + 1} lines"


@pytest.mark.parametrize("name", ["table.py", "words.py"])
def test_the_table_is_a_sheet_of_100_columns(name):
    assert max(map(len, (ROOT / name).read_text(encoding="utf-8").splitlines())) <= 100


@pytest.mark.parametrize("path", sorted((ROOT.parent / "tests").rglob("*.py")), ids=lambda path: path.name)
def test_files_of_tests_are_short(path):
    assert length(path) <= 350


def test_the_networks_are_thin():
    top = [path for path in NN if path.parent.name == "nn"]
    assert len(top) <= 12
    assert sum(map(length, top)) <= 2000
    assert sum(map(length, NN)) <= 4300


def test_importing_the_engine_loads_nothing_but_python():
    program = "import sys; before = set(sys.modules); import autograd_core; print(*{n.split('.')[0] for n in set(sys.modules) - before})"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT.parent)
    assert set(done.stdout.split()) <= STANDARD | {"autograd_core"}
