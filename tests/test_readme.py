"""What the README prints after a command is what the command prints; its pictures are there."""

import re
import shlex
from pathlib import Path

import code_map
import pytest

from autograd_core.__main__ import main as engine
from nn.__main__ import main as networks

README = Path(__file__).parents[1].joinpath("README.md").read_text("utf-8")
BLOCKS = dict(re.findall(r"^```\n\$ python -m ([^\n]+)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL))


def test_there_is_a_block_for_each_command_line():
    assert {command.split()[0] for command in BLOCKS} == {"autograd_core", "nn"}


@pytest.mark.parametrize("command", BLOCKS)
def test_a_command_prints_what_the_readme_shows(command, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    package, *arguments = shlex.split(command)
    {"autograd_core": engine, "nn": networks}[package](arguments)
    assert capsys.readouterr().out.rstrip() == BLOCKS[command].rstrip()


def test_every_picture_and_file_that_is_linked_is_there():
    linked = re.findall(r"\]\((?!https?:)([^)#]+)\)", README)
    assert len(linked) > 50
    assert [path for path in linked if not Path(__file__).parents[1].joinpath(path).exists()] == []


def test_the_code_map_is_the_tree():
    assert code_map.code_map() in README, "run python tests/code_map.py"
