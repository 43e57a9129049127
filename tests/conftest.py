"""What several test files use."""

import gc

import pytest

from autograd_core.__main__ import main


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
