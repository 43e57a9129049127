"""What may go wrong in a training: it stops, resumes or is refused, and nothing is lost."""

import json
import math
import os
import signal
import subprocess
import sys
import time

import pytest
from test_nn_training import LINE, ON_LINE, SIGNED, X, Y, small, train

import autograd_core as ac
import nn
from nn.losses import mse_loss
from nn.optim import SGD, Adam


def test_a_checkpoint_resumes_to_the_numbers_of_a_training_that_was_not_interrupted(tmp_path):
    def options(model, epochs, *more):
        return train(model, epochs=epochs, batch_size=16, validation=0.2, optimizer=lambda p: Adam(p, lr=0.1),
                     callbacks=[*more, nn.EarlyStopping(50), nn.StepLR(3, 0.5)])  # fmt: skip

    whole, cut, resumed = small(), small(), small(seed=9)
    expected = options(whole, 8)
    options(cut, 5, nn.Checkpoint(tmp_path / "c.json"))
    history = options(resumed, 8, nn.Checkpoint(tmp_path / "c.json", resume=True))
    assert resumed.state_dict() == whole.state_dict()
    assert history["loss"] == expected["loss"]
    assert history["val_loss"] == expected["val_loss"]


def test_dropout_resumes_to_the_same_numbers(tmp_path):
    def build():
        return nn.Sequential(nn.Layer(2, 6, seed=0), nn.Dropout(0.5, seed=1), nn.Layer(6, 1, "linear", seed=2))

    whole, cut, resumed = build(), build(), build()
    train(whole, epochs=4, batch_size=20)
    train(cut, epochs=2, batch_size=20, callbacks=[nn.Checkpoint(tmp_path / "c.json")])
    train(resumed, epochs=4, batch_size=20, callbacks=[nn.Checkpoint(tmp_path / "c.json", resume=True)])
    assert resumed.state_dict() == whole.state_dict()


def test_a_checkpoint_that_is_cut_or_from_other_data_is_refused(tmp_path):
    path = tmp_path / "c.json"
    train(small(), epochs=1, callbacks=[nn.Checkpoint(path)])
    model = small(seed=7)
    before = model.state_dict()
    with pytest.raises(ValueError, match="samples=60, and this training has samples=20"):
        train(model, X[:20], Y[:20], callbacks=nn.Checkpoint(path, resume=True))
    path.write_text(path.read_text()[:-40])
    with pytest.raises(ValueError, match="no whole JSON file"):
        train(model, callbacks=nn.Checkpoint(path, resume=True))
    path.write_text(json.dumps({"format": "nn state", "version": 1}))
    with pytest.raises(ValueError, match="not a file of the kind 'nn checkpoint'"):
        train(model, callbacks=nn.Checkpoint(path, resume=True))
    assert model.state_dict() == before


def test_ctrl_c_returns_what_was_learnt():
    def interrupt(model, history):
        if len(history) == 3:
            raise KeyboardInterrupt

    model, reference = small(), small()
    history = train(model, epochs=10, callbacks=[interrupt])
    train(reference, epochs=3)
    assert history.stopped == "interrupted"
    assert len(history) == 3
    assert model.state_dict() == reference.state_dict()


def test_a_callback_may_end_training():
    assert train(small(), epochs=10, callbacks=[lambda model, history: len(history) == 2]).stopped == "callback"


@pytest.mark.parametrize("dialect", ["python", "c", "numpy", "eager"])
def test_a_loss_that_is_not_finite_stops_with_the_place_and_keeps_the_model(dialect):
    model = nn.MLP(1, [1], seed=0)
    with pytest.raises(nn.TrainingError, match=r"epoch \d+, batch 1: .*in its sample \d+: .*keeps the parameters from before") as caught:
        train(model, LINE, ON_LINE, loss="mse", epochs=500, dialect=dialect, optimizer=lambda p: SGD(p, lr=1e6))
    assert "learning rate" in str(caught.value)
    assert all(map(math.isfinite, model.state_dict().values()))


def test_a_domain_error_names_the_sample_and_the_operation():
    def log_loss(predictions, targets):
        return mse_loss([ac.log(predictions[0])], targets)

    model = nn.MLP(1, [1], init="zeros")
    model.layers[0].neurons[0].b.data = 0.1
    model.layers[0].neurons[0].w[0].data = 1.0
    with pytest.raises(nn.TrainingError, match=r"in its sample 2: .*log"):
        train(model, [[1.0], [2.0], [-3.0]], [0.0, 0.0, 0.0], loss=log_loss, epochs=1)


REFUSED = {
    "empty data": (([], []), {}, "X is empty"),
    "ragged rows": (([[1.0, 2.0], [1.0]], [0, 1]), {}, "row 1 has 1 column"),
    "words": (([[1.0, "a"]], [0]), {}, "row 0, column 1 is 'a'"),
    "nan": (([[1.0, math.nan]], [0]), {}, "row 0, column 1 is nan"),
    "lengths": ((X, Y[:5]), {}, "different lengths, 60 and 5"),
    "columns": (([[1.0], [2.0]], [0, 1]), {}, "takes 2 inputs, not 1"),
    "labels": ((X, SIGNED), {}, "labels from 0 to 1"),
    "hinge labels": ((X, Y), {"loss": "hinge"}, "takes the labels -1 and 1"),
    "class numbers": ((X, Y), {"loss": "cross_entropy"}, "needs one output a class"),
    "batch": ((X, Y), {"batch_size": 61}, "a whole number from 1 to 60, not 61"),
    "loss": ((X, Y), {"loss": "log"}, "loss is one of 'mse'"),
    "metric": ((X, Y), {"metrics": ["precise"]}, "metric is one of"),
    "dialect": ((X, Y), {"dialect": "rust"}, "dialect is one of"),
    "optimizer": ((X, Y), {"optimizer": "adm"}, "optimizer is one of 'sgd'.* did you mean 'adam'"),
    "weights": ((X, Y), {"sample_weight": [-1.0] * 60}, "numbers from 0 on"),
    "two rates": ((X, Y), {"callbacks": [nn.StepLR(2), nn.ReduceLROnPlateau()]}, "two callbacks would set the learning rate"),
    "other parameters": ((X, Y), {"optimizer": SGD([ac.Value(1.0)], lr=0.1)}, "made for other parameters"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_bad_input_is_refused_by_one_clear_error_and_changes_nothing(case):
    (x, y), options, message = REFUSED[case]
    model = small()
    before = model.state_dict()
    with pytest.raises(ValueError, match=message):
        train(model, x, y, **options)
    assert model.state_dict() == before


@pytest.mark.parametrize("dialect", ["rust", "javascript", None])
def test_a_dialect_that_does_not_run_here_is_refused_also_where_a_model_runs_eagerly_anyway(dialect):
    with pytest.raises(ValueError, match="dialect is one of 'python', "):
        train(nn.Sequential(nn.Layer(2, 2, seed=0), nn.BatchNorm(2), nn.Layer(2, 1, "linear", seed=1)), dialect=dialect)


def test_labels_out_of_range_are_refused():
    with pytest.raises(ValueError, match="labels of 3 classes are 0 to 2"):
        train(nn.MLP(2, [3]), X, [3] * 60, loss="cross_entropy")
    with pytest.raises(ValueError, match=r"the model has 3 output\(s\), and each target 1: for class numbers"):
        train(nn.MLP(2, [3]), X, Y, loss="mse")


@pytest.mark.parametrize("dialect", ["python", "eager", "numpy"])
def test_a_loss_that_is_infinite_ends_a_training_although_the_step_would_be_finite(dialect):
    model = nn.MLP(1, [1], init="zeros")
    with pytest.raises(nn.TrainingError, match="the loss is inf"):
        train(model, [[1.0]], [1e200], loss="mse", epochs=2, dialect=dialect, optimizer="adam")
    assert set(model.state_dict().values()) == {0.0}


def test_gradients_whose_length_overflows_are_finite_all_the_same():
    model = nn.MLP(2, [1], init="zeros", bias=False)
    history = train(model, [[1.0, 1.0]], [0.0], loss=lambda outputs, targets: 1.5e308 * outputs[0], epochs=1, optimizer=lambda p: SGD(p, lr=1e-308))
    assert history["grad_norm"] == [math.inf]
    assert list(model.state_dict().values()) == pytest.approx([-1.5, -1.5])


def test_a_callback_begins_anew_in_each_training():
    stopping = nn.EarlyStopping(2, min_delta=0.01)
    first, second = (train(small(), epochs=50, callbacks=[stopping]) for _ in range(2))
    assert first.stopped == second.stopped == "early stopping"
    assert len(first) == len(second)


class Recording(nn.Callback):
    """Says when it begins and ends, in a list that several share, and fails in one hook."""

    def __init__(self, name, said, fails_in=""):
        self.name, self.said, self.fails_in = name, said, fails_in

    def say(self, hook):
        self.said.append(f"{self.name} {hook}")
        if hook == self.fails_in:
            raise KeyError(self.name)

    def begin(self, run):
        self.say("begin")

    def end(self, run):
        self.say("end")


def test_every_callback_that_began_is_ended_whatever_another_one_raises():
    said = []
    with pytest.raises(KeyError, match="a"):
        train(small(), epochs=1, callbacks=[Recording("a", said, "end"), Recording("b", said)])
    assert said == ["a begin", "b begin", "a end", "b end"]
    del said[:]
    with pytest.raises(KeyError, match="b"):
        train(small(), epochs=1, callbacks=[Recording("a", said), Recording("b", said, "begin"), Recording("c", said)])
    assert said == ["a begin", "b begin", "a end"]


def test_a_callback_of_a_former_training_does_not_restore_its_model_into_one_that_fails_as_it_begins():
    class Pressed(nn.Callback):
        def begin(self, run):
            raise KeyboardInterrupt

    stopping, model = nn.EarlyStopping(50), small()
    train(small(), epochs=3, callbacks=[stopping])
    assert train(model, callbacks=[Pressed(), stopping]).stopped == "interrupted"
    assert model.state_dict() == small().state_dict()


def test_no_epochs_are_a_training_that_changes_nothing():
    model = small()
    assert (train(model, epochs=0).stopped, model.state_dict(), model.training) == ("finished", small().state_dict(), False)


def test_an_infinite_gradient_is_not_clipped_to_a_finite_one():
    model = nn.MLP(1, [1], init="zeros", bias=False)
    with pytest.raises(nn.TrainingError, match=r"the loss is 0\.0, the norm of its gradient inf"):
        train(model, [[1.0]], [0.0], loss=lambda outputs, targets: ac.sqrt(outputs[0]), epochs=1, callbacks=[nn.ClipValue(1.0)])
    assert list(model.state_dict().values()) == [0.0]


@pytest.mark.parametrize("dialect", ["python", "numpy", "eager"])
def test_an_error_of_ones_own_code_comes_out_as_it_is_and_the_model_keeps_the_steps_before_it(dialect):
    class Failing(nn.Callback):
        def begin(self, run):
            self.seen = []

        def gradients(self, run, gradients):
            self.seen.append(list(run.values))
            if len(self.seen) == 6:
                raise LookupError("the sixth step")
            return gradients

    model, failing = small(), Failing()
    optimizer = SGD(model.parameters(), lr=0.1, momentum=0.9)
    with pytest.raises(LookupError, match="the sixth step"):
        train(model, epochs=9, batch_size=15, optimizer=optimizer, callbacks=[failing], dialect=dialect)
    assert list(model.state_dict().values()) == failing.seen[5] != failing.seen[4]
    assert (optimizer.steps, model.training) == (5, False)


def test_a_step_that_fails_changes_no_running_average():
    model = nn.Sequential(nn.Layer(2, 3, seed=0), nn.BatchNorm(3), nn.Layer(3, 1, "linear", seed=1))
    before = model.state_dict()
    with pytest.raises(nn.TrainingError, match="would make a parameter infinite"):
        train(model, [[1e3 * x for x in row] for row in X], loss="mse", optimizer=lambda p: SGD(p, lr=1e308))
    assert model.state_dict() == before


@pytest.mark.parametrize("optimizer", [lambda parameters: None, lambda parameters: "adam"])
def test_what_makes_no_optimizer_is_refused(optimizer):
    with pytest.raises(TypeError, match="an optimizer is"):
        train(small(), optimizer=optimizer)


INTERRUPTED = """
import signal, sys, nn
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell in the background starts its children without one
model = nn.MLP(2, [8, 1], seed=0)
X = [[0.1 * i, 0.01 * i * i] for i in range(40)]
say = lambda model, history: print("ready", flush=True) if len(history) == 1 else None
history = model.fit(X, [x[0] for x in X], epochs=10**6, batch_size=4, seed=0, callbacks=[nn.Checkpoint(sys.argv[1]), say])
again = nn.MLP(2, [8, 1], seed=0)
again.fit(X, [x[0] for x in X], epochs=len(history), batch_size=4, seed=0, callbacks=[nn.Checkpoint(sys.argv[1], True)])
print(history.stopped, len(history) > 0)
"""


@pytest.mark.parametrize("delay", [0.0, 0.05, 0.13])
def test_a_real_ctrl_c_ends_a_training_and_leaves_a_checkpoint_that_resumes(delay, tmp_path):
    command = [sys.executable, "-c", INTERRUPTED, str(tmp_path / "c.json")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=os.path.dirname(os.path.dirname(nn.__file__)))
    try:
        assert process.stdout.readline() == "ready\n"
        time.sleep(delay)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=600)
    finally:
        process.kill()
    assert out == "interrupted True\n"
    assert [path.name for path in tmp_path.iterdir()] == ["c.json"]
