"""What a person installs: the wheel and the source distribution hold what they should, and the reference builds from the docstrings."""

import subprocess
import sys
import tarfile
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

import autograd_core
import nn

TOP = Path(autograd_core.__file__).parent.parent


def run(*arguments, **options):
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The wheel, the source distribution, and the folder that they stand in."""
    folder = tmp_path_factory.mktemp("built")
    run("-m", "build", "--no-isolation", "--outdir", str(folder), str(TOP))
    return next(folder.glob("*.whl")), next(folder.glob("*.tar.gz")), folder


def sources(package):
    """The files of a package that travel: all but what Python and the tools leave behind."""
    return {
        str(path.relative_to(TOP))
        for path in (TOP / package).rglob("*")
        if path.is_file() and not any(part.startswith((".", "__pycache__")) for part in path.relative_to(TOP).parts)
    }


def test_the_wheel_holds_both_packages_and_the_licence_and_nothing_else(built):
    with zipfile.ZipFile(built[0]) as wheel:
        names = wheel.namelist()
        facts = {name.rpartition("/")[2]: wheel.read(name).decode() for name in names if ".dist-info/" in name}
    inside = {name for name in names if ".dist-info/" not in name}
    assert inside == sources("autograd_core") | sources("nn")
    assert {"autograd_core/py.typed", "nn/py.typed", "autograd_core/LICENSE"} <= inside
    assert facts["LICENSE"] == (TOP / "autograd_core/LICENSE").read_text(encoding="utf-8")
    metadata = Parser().parsestr(facts["METADATA"])
    assert metadata["Version"] == autograd_core.__version__
    assert metadata["License-Expression"] == "MIT"
    needed = [line for line in metadata.get_all("Requires-Dist") if "extra ==" not in line]
    assert needed == ["graphviz>=0.20"]


def test_the_source_distribution_holds_what_the_tests_need(built):
    with tarfile.open(built[1]) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert sources("autograd_core") | sources("nn") <= names
    assert {"pyproject.toml", "README.md", "tests/conftest.py", "notebooks/01_neuron_and_perceptron.ipynb"} | sources("notebooks/lectures") <= names
    assert {name.partition("/")[0] for name in names} <= {"pyproject.toml", "README.md", "autograd_core", "nn", "tests", "notebooks",
                                                          ".gitignore", "PKG-INFO"}  # fmt: skip


def test_the_index_would_take_both_files(built):
    assert "FAILED" not in run("-m", "twine", "check", "--strict", str(built[0]), str(built[1]))


def test_the_reference_builds_without_a_warning_and_shows_every_public_name(tmp_path):
    printed = run("-W", "error", "-m", "pdoc", "autograd_core", "nn", "-o", str(tmp_path), cwd=TOP)
    assert "Warn" not in printed
    for package in (autograd_core, nn):
        page = (tmp_path / f"{package.__name__}.html").read_text(encoding="utf-8")
        pages = {path.stem for path in (tmp_path / package.__name__).rglob("*.html")}  # those of modules
        assert [name for name in package.__all__ if f'id="{name}"' not in page and name not in pages] == []
    value = (tmp_path / "autograd_core.html").read_text(encoding="utf-8").split('<section id="Value">')[1].split("</section>")[0]
    assert 'id="Value.tanh"' in value
    assert "The hyperbolic tangent" in value  # a method is shown with its help, though it is printed only when it is used
