"""Training on arrays: in C and NumPy, numbers stay in arrays, and are those of a training on lists."""

import json
from pathlib import Path

import numpy as np
import pytest

import nn
from autograd_core import Value
from autograd_core.programs import c_compiler
from nn import optim

TORCH = json.loads((Path(__file__).parent / "fixtures" / "torch_optimizers.json").read_text())
X = [[0.1 * i, (0.37 * i) % 1.0 - 0.5] for i in range(40)]
Y = [[x[0] - x[1], x[0] * x[1]] for x in X]


@pytest.mark.parametrize("case", TORCH["optimizers"], ids=lambda case: f"{case['name']} {case['options']}")
def test_a_hundred_updates_of_arrays_are_those_of_lists_to_the_bit(case, monkeypatch):
    monkeypatch.setattr(optim, "WORTH_C", 1)
    parameters = [Value(0.0) for _ in TORCH["start"]]
    lists, arrays, in_c = (getattr(optim, case["name"])(parameters, **case["options"]) for _ in range(3))
    in_c.dialect = "c"
    values, array, c = TORCH["start"], np.array(TORCH["start"]), np.array(TORCH["start"])
    for gradients in TORCH["gradients"]:
        values, array, c = lists.update(values, gradients), arrays.update(array, np.array(gradients)), in_c.update(c, np.array(gradients))
        assert values == array.tolist() == c.tolist()
    assert lists.state_dict() == arrays.state_dict() == in_c.state_dict()
    again = getattr(optim, case["name"])(parameters, lr=0.5)
    again.load_state_dict(arrays.state_dict())
    assert again.update(values, gradients) == arrays.update(array, np.array(gradients)).tolist()


def test_only_many_numbers_of_a_training_in_c_are_updated_in_c_so_that_others_need_no_compiler():
    class Watched(nn.SGD):
        def program(self, dialect="python"):
            chosen.append(dialect)
            return super().program("numpy")

    chosen, size = [], optim.WORTH_C
    for dialect, count in (("numpy", size), ("c", size - 1), ("c", size)):
        optimizer = Watched(map(Value, range(count)))
        optimizer.dialect = dialect
        optimizer.update(np.ones(count), np.ones(count))
    assert chosen == ["numpy", "numpy", "c"]


def trained(dialect, X=X, Y=Y, **options):
    model = nn.MLP(2, [6, 2], "tanh", seed=3)
    history = model.fit(X, Y, epochs=25, batch_size=10, seed=0, dialect=dialect, **options)
    return history, list(model.state_dict().values())


CALLBACKS = {
    "none": [], "clipping": [nn.ClipNorm(0.05)], "clipping by value": [nn.ClipValue(0.01)], "penalties": [nn.L2(0.01), nn.L1(0.002)],
    "all": [nn.L2(0.01), nn.ClipNorm(0.1), nn.ClipValue(0.04), nn.StepLR(5), nn.EarlyStopping(3)],
}  # fmt: skip


@pytest.mark.parametrize("name", CALLBACKS)
@pytest.mark.parametrize("dialect", ["c", "numpy"])
def test_a_hundred_steps_on_arrays_are_those_on_lists(dialect, name):
    options = {"callbacks": CALLBACKS[name], "sample_weight": [1.0 + i % 3 for i in range(40)], "validation": (X[::3], Y[::3]), "metrics": ["mae"]}
    (expected, values), (history, found) = trained("python", **options), trained(dialect, **options)
    assert found == pytest.approx(values, rel=1e-12, abs=1e-12)
    assert all(type(x) is float for x in found)
    for figure in ("loss", "val_loss", "mae", "val_mae", "grad_norm"):
        assert history[figure] == pytest.approx(expected[figure], rel=1e-11, abs=0.0)


@pytest.mark.parametrize("dialect", ["python", "c", "numpy", "eager"])
def test_data_that_come_as_arrays_train_as_lists_do_to_the_bit(dialect):
    expected = trained(dialect)[1]
    for kind in (float, np.float32):
        table = np.array(X, dtype=kind)
        assert trained(dialect, table, np.array(Y))[1] == (expected if kind is float else trained(dialect, table.tolist())[1])


def test_one_library_is_built_for_a_training_that_evaluates_and_none_for_evaluating_again(monkeypatch):
    loaded = []
    load = c_compiler.load
    monkeypatch.setattr(c_compiler, "load", lambda *arguments: loaded.append(arguments) or load(*arguments))
    model = nn.MLP(2, [6, 2], "tanh", seed=3)
    model.fit(X, Y, epochs=2, batch_size=10, seed=0, dialect="c", validation=0.25, metrics="mae")
    assert len(loaded) == 1
    expected = model.evaluate(X, Y, "mse", ["mae"])
    assert model.evaluate(X, Y, "mse", ["mae"], dialect="c") == pytest.approx(expected, rel=1e-14, abs=0.0)
    assert len(loaded) == 2
    assert loaded[0] == loaded[1], "the same library, which is in the cache"


def test_callbacks_may_return_lists_and_keep_what_they_were_given():
    class Halving(nn.Callback):
        def begin(self, run):
            self.seen = []

        def gradients(self, run, gradients):
            self.seen.append((run.values, list(run.values)))
            return [g / 2 for g in gradients]

    halving = Halving()
    values = trained("c", callbacks=[halving])[1]
    assert all(list(kept) == copied for kept, copied in halving.seen), "no array is changed after it was handed out"
    assert values == pytest.approx(trained("python", callbacks=[Halving()])[1], rel=1e-12, abs=0.0)


@pytest.mark.parametrize("dialect", ["c", "numpy"])
def test_a_step_of_arrays_to_infinity_is_undone_and_says_where(dialect):
    model = nn.MLP(1, [1], seed=0)
    before = model.state_dict()
    optimizer = nn.SGD(model.parameters(), lr=1e300, momentum=0.5)
    with pytest.raises(nn.TrainingError, match="epoch 1, batch 1: the step would make a parameter infinite"):
        model.fit([[1e10]], [1e10], optimizer=optimizer, epochs=3, dialect=dialect)
    assert model.state_dict() == before
    assert (optimizer.steps, optimizer.state) == (0, {})


def test_a_rule_may_divide_by_a_parameter_by_its_gradient_and_by_a_coefficient():
    class Relative(nn.Optimizer):
        def rule(self, w, g, lr):
            return [w - lr / (w / g + lr)]

    assert Relative([Value(0.0)], lr=0.5).update([2.0], [4.0]) == [1.5]


def test_a_rule_that_compares_numbers_is_refused_where_it_does():
    class Timid(nn.Optimizer):
        def rule(self, w, g, lr):
            return [w - lr * g if g > 0.5 else w]

    with pytest.raises(TypeError, match=r"Timid compares numbers at .*test_nn_arrays.py:\d+: choose with maximum"):
        Timid([Value(1.0)], lr=0.1).step()
    with pytest.raises(NotImplementedError, match=r"define rule\(w, g, \*remembered, \*coefficients\)"):
        nn.Optimizer([Value(1.0)], lr=0.1).step()
