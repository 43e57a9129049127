"""What several test files use."""

import pytest

from autograd_core.__main__ import main


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
