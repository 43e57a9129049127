"""The picture of a training that is drawn again while it runs, in a notebook and elsewhere."""

import sys
from types import SimpleNamespace

import nbformat
import pytest
from nbclient import NotebookClient

import nn
from nn.plots import Live, live

X, Y = nn.data.moons(40, labels=(-1, 1))


class Notebook:
    """An IPython that writes down what it displays."""

    version_info = (9, 0)  # matplotlib asks

    def __init__(self):
        self.shown, self.updates = [], []
        self.display = SimpleNamespace(display=self.show)

    def get_ipython(self):
        return SimpleNamespace(kernel=True)

    def show(self, thing, display_id):
        assert display_id is True
        self.shown.append(thing)
        return SimpleNamespace(update=lambda other: self.updates.append([panel.get_title() for panel in other.figure.axes]))


@pytest.fixture
def notebook(monkeypatch):
    found = Notebook()
    monkeypatch.setitem(sys.modules, "IPython", found)
    return found


def test_one_picture_is_shown_and_drawn_again(notebook):
    picture, model = Live(X, Y, every=0.0), nn.MLP(2, [3, 1], "tanh", seed=0)
    model.fit(X, Y, epochs=60, callbacks=[picture, nn.Progress(False)])
    assert notebook.shown == [picture]
    assert 1 < len(notebook.updates) < 60
    assert notebook.updates[-1] == ["Decision boundary", "2-3-1", "Loss"]
    assert len(picture.figure.axes[2].lines[0].get_xdata()) == 60
    assert picture._repr_png_().startswith(b"\x89PNG")


def test_pictures_are_no_closer_than_asked(notebook):
    nn.MLP(2, [1], seed=0).fit(X, Y, epochs=30, callbacks=[Live(X, Y, every=1e9), nn.Progress(False)])
    assert len(notebook.updates) == 2  # the first epoch and the end


def test_the_last_picture_is_of_the_model_that_is_left(notebook):
    picture, model = Live(X, Y), nn.MLP(2, [1], seed=0)
    model.fit(X, Y, epochs=20, optimizer=lambda parameters: nn.SGD(parameters, lr=3.0), callbacks=[picture, nn.EarlyStopping(2), nn.Progress(False)])
    lines = picture.figure.axes[1].lines
    assert [line.get_linestyle() == "-" for line in lines] == [w.data >= 0.0 for w in model.layers[0].neurons[0].w]
    assert [line.get_linewidth() for line in lines] == pytest.approx([0.4 + 1.6 * abs(w.data) for w in model.layers[0].neurons[0].w])


@pytest.mark.parametrize(
    ("model", "data", "titles"),
    [
        (nn.MLP(1, [2, 1], seed=0), ([[0.0], [1.0]], [0.5, 1.0]), ["Fitted function", "1-2-1", "Loss"]),
        (nn.MLP(2, [1], seed=0), ([[0.0, 1.0], [1.0, 0.0]], [0.5, 1.5]), ["2-1", "Loss"]),
        (nn.MLP(20, [1], seed=0), ([[0.1] * 20], [1.0]), ["Loss"]),
    ],
)  # fmt: skip
def test_what_is_drawn_suits_the_model(model, data, titles):
    picture = Live(*data)
    assert picture._repr_png_() is None
    model.fit(*data, epochs=2, callbacks=picture)
    assert [panel.get_title() for panel in picture.figure.axes] == titles


def test_data_that_do_not_fit_are_refused_before_the_training():
    model = nn.MLP(2, [1], seed=0)
    before = model.state_dict()
    with pytest.raises(ValueError, match="different lengths"):
        model.fit(X, Y, epochs=2, callbacks=Live(X, Y[:-1]))
    assert model.state_dict() == before


def test_live_takes_the_options_of_fit():
    seen = []
    history = live(nn.MLP(2, [1], seed=0), X, Y, epochs=5, callbacks=lambda model, history: seen.append(len(history)) or len(history) == 3)
    assert (len(history), history.stopped, seen) == (3, "callback", [1, 2, 3])


def test_in_a_kernel_one_picture_and_one_bar_stay_and_nothing_is_red():
    source = "import nn\nX, y = nn.data.moons(40)\n_ = nn.plots.live(nn.MLP(2, [3, 1], 'tanh', 'sigmoid', seed=0), X, y, epochs=30)"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
    NotebookClient(notebook, timeout=1200, startup_timeout=1200, kernel_name="python3").execute()
    outputs = notebook.cells[0].outputs
    kinds = [output.get("name", output.output_type) for output in outputs if output.get("text") != "\n"]
    assert sorted(set(kinds)) == ["display_data", "stdout"]
    (picture,) = [output for output in outputs if output.output_type == "display_data"]
    assert picture.data["image/png"]
    assert "30/30" in "".join(output.text for output in outputs if output.output_type == "stream")
