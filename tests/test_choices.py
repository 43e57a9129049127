"""Every name that is looked up is answered with the one that was meant; files are refused before a long computation."""

import inspect
import os
import re

import pytest

import autograd_core as ac
import nn
from autograd_core import Value, closest, require_place
from autograd_core.__main__ import main as shell
from nn.__main__ import main as train

X = Value(2.0, "x")
LOOKED_UP = [
    (lambda: ac.compile_graph(X * X, [X], dialect="pyton"), "dialect is one of .* not 'pyton'; did you mean 'python'"),
    (lambda: ac.draw(X, level="layr"), "did you mean 'layer'"),
    (lambda: ac.draw(X, style="compakt"), "did you mean 'compact'"),
    (lambda: ac.draw(X, mode="foward"), "did you mean 'forward'"),
    (lambda: ac.draw(X, show=["dta"]), "did you mean 'data'"),
    (lambda: ac.draw(X, rankdir="tb"), "did you mean 'TB'"),
    (lambda: ac.play(X, level="operaton"), "did you mean 'operation'"),
    (lambda: nn.Neuron(2, "ReLu"), "did you mean 'relu'"),
    (lambda: nn.MLP(2, [1], output="sigmoyd"), "did you mean 'sigmoid'"),
    (lambda: nn.MLP(2, [1]).fit([[0.0, 1.0]], [1.0], loss="MSE"), "did you mean 'mse'"),
    (lambda: nn.MLP(2, [1]).fit([[0.0, 1.0]], [1.0], optimizer="Adam"), "did you mean 'adam'"),
    (lambda: nn.MLP(2, [1]).fit([[0.0, 1.0]], [1.0], dialect="numpi"), "did you mean 'numpy'"),
    (lambda: nn.Neuron(2, init="xaver"), "did you mean 'xavier'"),
]  # fmt: skip


@pytest.mark.parametrize(("look_up", "told"), LOOKED_UP)
def test_a_name_that_was_not_quite_right(look_up, told):
    with pytest.raises(ValueError, match=told):
        look_up()


@pytest.mark.parametrize(("name", "meant"), [("sigmiod", "sigmoid"), ("Draw", "draw"), ("compile_grap", "compile_graph")])
def test_a_name_of_the_package(name, meant):
    with pytest.raises(AttributeError, match=f"no attribute '{name}'; did you mean '{meant}'"):
        getattr(ac, name)


def test_a_level_at_the_shell(capsys):
    with pytest.raises(SystemExit):
        shell(["x*x", "x=1", "--svg", "x.svg", "--level", "layr"])
    assert "did you mean 'layer'?" in capsys.readouterr().err


def test_the_word_of_the_lecture_for_a_picture():
    from autograd_core import draw_dot

    assert draw_dot is ac.draw


@pytest.mark.parametrize("name", ["", "q" * 200, None, 3])
def test_what_nothing_is_near_to(name):
    assert closest(name, ["sin", "cos"]) == ""


def test_an_option_that_does_not_exist():
    with pytest.raises(TypeError, match=r"draw\(\) has no option 'format': .* draw\(x\)\.save\(\"graph\.png\"\)"):
        ac.draw(X, format="png")
    with pytest.raises(TypeError, match=r"draw\(\) has no option 'styl'; did you mean 'style'"):
        ac.draw(X, styl="compact")
    with pytest.raises(TypeError, match=r"play\(\) has no option 'q'$"):
        ac.play(X, q=1)


@pytest.mark.parametrize(
    ("function", "option"), [(ac.draw, "rankdir"), (ac.draw, "style"), (ac.to_dot, "legend"), (ac.play, "level"), (nn.fit, "callbacks"),
                             (nn.MLP.fit, "epochs"), (ac.compile_graph, "dialect"), (ac.steps, "level"), (ac.derivation, "digits")]
)  # fmt: skip
def test_help_shows_the_options_themselves(function, option):
    parameters = inspect.signature(function).parameters
    assert option in parameters
    assert not [p for p in parameters.values() if p.kind in (p.VAR_KEYWORD, p.VAR_POSITIONAL)]


def test_a_model_in_the_place_of_its_parameters():
    model = nn.MLP(2, [2, 1])
    for kind in nn.OPTIMIZERS.values():
        assert kind(model).parameters == model.parameters()


# -- files -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("option", "file", "told"),
    [("--plot", "x.xyz", "the ending of 'x.xyz' is one of .*'.png'"), ("--plot", "x.pgn", "did you mean '.png'"),
     ("--save", "x.txt", "the ending of 'x.txt' is one of '.py'"), ("--plot", "/nowhere/x.png", "there is no folder '/nowhere'"),
     ("--save", "/nowhere/x.py", "there is no folder '/nowhere'"), ("--save", "model", "the ending of 'model' is one of '.py'"),
     ("--save", "", "the ending of '' is one of '.py'"), ("--save", ".py", "the ending of '.py' is one of '.py'.* not ''")],
)  # fmt: skip
def test_a_file_that_cannot_be_written_is_refused_before_the_training(option, file, told, capsys, monkeypatch):
    monkeypatch.setattr("nn.MLP.fit", lambda *arguments, **options: pytest.fail("it trains"))
    assert train(["xor", option, file]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert re.search(told, said.err)


def test_a_place_that_is_good_or_that_may_not_be_written_to(tmp_path, monkeypatch):
    require_place(tmp_path / "x.PNG", [".png"])
    require_place(tmp_path / "x", ["", ".png"])
    require_place(tmp_path / "x.anything")
    with pytest.raises(ValueError, match=r"the ending of .* is one of '.png', not ''"):
        require_place(tmp_path / "x", [".png"])
    monkeypatch.setattr(os, "access", lambda folder, mode: False)
    with pytest.raises(PermissionError, match="allows no new files"):
        require_place(tmp_path / "x.png")
