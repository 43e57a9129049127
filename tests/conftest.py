"""What several test files use."""

import gc

import pytest
from hypothesis import HealthCheck, settings

from autograd_core.__main__ import main
from autograd_core.programs import c_compiler

# The same examples in every run, and no fault of a test that the machine is busy.
settings.register_profile("same everywhere", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("same everywhere")


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    """Thousands of tests are collected and all of them kept: to look through them for garbage, then and later, only takes time."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.freeze()

collect_ignore = ["notebooks/export.py"]  # a command, which needs what only the extra "browser" brings


@pytest.fixture
def run(capsys):
    """The command line in this process: its exit code, what it prints, and what it complains of."""

    def run(*arguments):
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as exit_:
            code = exit_.code
        out, err = capsys.readouterr()
        return code, out, err

    return run


@pytest.fixture(scope="module")
def own_cache(tmp_path_factory):
    """A folder for what the C compiler builds that the tests of one file share."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AUTOGRAD_CORE_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty folder for what the C compiler builds, which is the one that the environment names or the first on the path."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("AUTOGRAD_CORE_CACHE", str(folder))
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.setattr(c_compiler, "_temporary", {})  # where an earlier test may have built
    return folder
