"""Losses and penalties: PyTorch's recorded numbers, the lectures' figures, the whole range of floats, and what is refused."""

import json
import math
from pathlib import Path

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd_core import Value, compile_graph, gradcheck, operation_count, sigmoid, softmax, topological_order, watching_comparisons
from nn import losses
from nn.losses import LOSSES, cross_entropy, l1_penalty, l2_penalty, squared_error
from nn.optim import SGD

TORCH = json.loads((Path(__file__).parent / "fixtures" / "torch_optimizers.json").read_text())
mp = mpmath.MPContext()
mp.prec = 200
with_logits = losses.binary_cross_entropy_with_logits
quick = settings(deadline=None, max_examples=100, derandomize=True)


def close(expected):
    return pytest.approx(expected, rel=1e-12, abs=1e-12)


def changed(function, structure):
    return [changed(function, part) for part in structure] if isinstance(structure, list) else function(structure)


def flat(structure):
    return [x for part in structure for x in flat(part)] if isinstance(structure, list) else [structure]


def run(loss, predictions, targets, reduction="mean"):
    """The loss as numbers, and the gradient by the predictions of the sum of it."""
    ys = changed(Value, predictions)
    out = loss(ys, targets, reduction=reduction)
    for part in flat(out):
        part.backward()
    return changed(lambda part: part.data, out), changed(lambda y: y.grad, ys)


# -- the same numbers as PyTorch ---------------------------------------------------------------------------------
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("case", TORCH["losses"], ids=lambda case: f"{case['loss']} {case['targets']}")
def test_values_and_gradients_equal_pytorchs(case, reduction):
    value, gradient = run(LOSSES[case["loss"]], case["predictions"], case["targets"], reduction)
    assert np.shape(value) == np.shape(case["value"][reduction])
    assert flat(value) == close(flat(case["value"][reduction]))
    assert flat(gradient) == close(flat(case["gradient"][reduction]))
    plain = LOSSES[case["loss"]](case["predictions"], case["targets"], reduction)
    assert plain == value, "floats give what Values give"


def test_every_loss_is_compared_with_pytorch_and_found_by_name():
    recorded = {LOSSES[case["loss"]] for case in TORCH["losses"]}
    assert recorded == set(LOSSES.values()) == {getattr(losses, loss.__name__) for loss in recorded}


# -- B5, B6, B7: the lectures' figures ---------------------------------------------------------------------------
def test_b5_the_printed_examples_of_losses():
    assert losses.mse_loss(5.2, 4.0) == squared_error(5.2, 4.0) == close(1.44)
    assert squared_error(5.2, 4.0, half=True) == close(0.72)
    assert losses.binary_cross_entropy(0.7, 1) == close(-math.log(0.7))
    assert round(losses.binary_cross_entropy(0.7, 1), 2) == 0.36
    assert losses.l1_loss([5.2, 4.0], [4.0, 5.0], reduction="sum") == close(2.2)
    assert losses.hinge_loss([2.0, 0.5, -0.5], [1, 1, 1], reduction="none") == [0.0, 0.5, 1.5]


@quick
@given(st.floats(0.01, 0.99), st.floats(0.0, 1.0), st.floats(-5.0, 5.0))
def test_b5_the_derivatives_that_the_lectures_give(y, t, target):
    assert run(losses.binary_cross_entropy, [y], [t])[1] == pytest.approx([-(t / y + (1 - t) / (y - 1))], rel=1e-9, abs=1e-9)
    out = Value(y)
    squared_error(out, target, half=True).backward()
    assert out.grad == y - target


def test_b6_cross_entropy_on_the_softmax_of_the_example():
    logits = [-1.0, 2.7, 0.5]
    for k, p in enumerate([0.021772739294085852, 0.8806486129802894, 0.09757864772562468]):
        value, gradient = run(cross_entropy, [logits], [k])
        assert value == close(-math.log(p))
        assert gradient[0] == close([q - (j == k) for j, q in enumerate(softmax(logits))])


@quick
@given(st.floats(-30.0, 30.0), st.sampled_from([0, 1]), st.floats(-30.0, 30.0))
def test_b7_one_sigmoid_output_learns_as_two_softmax_outputs_do(z, t, base):
    one, (by_z,) = run(with_logits, [z], [t])
    two, ((by_first, by_second),) = run(cross_entropy, [[base, base + z]], [t])
    assert two == pytest.approx(one, abs=1e-12)
    assert (by_first, by_second) == pytest.approx((-by_z, by_z), abs=1e-12)
    signed, (by_score,) = run(losses.logistic_loss, [z], [2 * t - 1])
    assert (signed, by_score) == pytest.approx((one, by_z), abs=1e-15)
    p = Value(z)
    losses.binary_cross_entropy(sigmoid(p), t).backward()
    assert p.grad == pytest.approx(by_z, rel=1e-2 if abs(z) > 20 else 1e-6), "without logits, rounding of the sigmoid shows"


# -- stable over the whole range ---------------------------------------------------------------------------------
FAR = [0.0, 1e-300, 1.0, 36.0, 37.5, 300.0, 700.0, 745.0, 800.0, 1e4, 1e17, 1e300]


@pytest.mark.parametrize("z", [*FAR, *(-z for z in FAR)])
@pytest.mark.parametrize("t", [0, 1, 0.25])
def test_losses_on_one_logit_are_exact_at_any_size_in_value_and_gradient(z, t):
    with mp.workprec(2400):
        x = mp.mpf(z)
        far = abs(z) > 1000  # beyond, exp(-|z|) is below the smallest float
        plus, minus = (max(x, 0), max(-x, 0)) if far else (mp.log1p(mp.exp(x)), mp.log1p(mp.exp(-x)))
        up, down = (mp.mpf(z > 0), mp.mpf(z < 0)) if far else (1 / (1 + mp.exp(-x)), 1 / (1 + mp.exp(x)))
        value, slope = float(t * minus + (1 - t) * plus), float((1 - t) * up - t * down)
    found, (gradient,) = run(with_logits, [z], [t])
    assert found == pytest.approx(value, rel=1e-14, abs=1e-308)
    assert gradient == pytest.approx(slope, rel=1e-13, abs=1e-308)
    if t != 0.25:
        assert run(losses.logistic_loss, [z], [2 * t - 1]) == (found, [gradient])


@pytest.mark.parametrize("far", [30.0, 300.0, 700.0, 1e4, 1e17, 1e300])
def test_cross_entropy_is_finite_and_right_however_far_the_logits_are(far):
    value, (gradient,) = run(cross_entropy, [[far, -far, far]], [0])
    assert value == pytest.approx(math.log(2.0), rel=1e-12, abs=0.0)
    assert gradient == pytest.approx([-0.5, 0.0, 0.5], abs=1e-12)
    value, (gradient,) = run(cross_entropy, [[far, -far, far]], [1])
    assert value == pytest.approx(2.0 * far + math.log(2.0), rel=1e-12, abs=0.0)
    assert gradient == pytest.approx([0.5, -1.0, 0.5], abs=1e-12)


def test_binary_cross_entropy_of_a_certain_and_wrong_probability_is_100_as_in_pytorch():
    for p, t in ((0.0, 1), (1.0, 0)):
        assert losses.binary_cross_entropy(p, t) == pytest.approx(100.0)
        assert losses.binary_cross_entropy(p, 1 - t) == 0.0
    z = Value(-800.0)
    losses.binary_cross_entropy(sigmoid(z), 1).backward()
    assert z.grad == 0.0, "the gradient is lost in the sigmoid, but finite"
    assert run(with_logits, [-800.0], [1])[1] == [-1.0]


def test_kinks_have_the_derivative_0():
    assert run(losses.hinge_loss, [1.0, -1.0], [1, -1]) == (0.0, [0.0, 0.0])
    assert run(losses.l1_loss, [2.0], [2.0]) == (0.0, [0.0])


# -- graphs ------------------------------------------------------------------------------------------------------
SMOOTH = {  # predictions that are away from kinks and in range, and targets
    "mse": ([0.3, -1.2, 2.0], [1.0, 0.5, -1.0]),
    "l1": ([0.3, -1.2, 2.0], [1.0, 0.5, -1.0]),
    "binary_cross_entropy": ([0.3, 0.6, 0.9], [1.0, 0.25, 0.0]),
    "binary_cross_entropy_with_logits": ([0.3, -1.2, 2.0], [1.0, 0.25, 0.0]),
    "cross_entropy": ([0.3, -1.2, 2.0], [0.0, 1.0, 0.0]),
    "hinge": ([0.3, -1.2, 2.0], [1.0, 1.0, -1.0]),
    "logistic": ([0.3, -1.2, 2.0], [1.0, 1.0, -1.0]),
}


def test_the_cases_below_are_all_losses():
    assert {LOSSES[name] for name in SMOOTH} == set(LOSSES.values())


@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize("name", SMOOTH)
def test_first_and_second_derivatives_agree_with_differences_and_forward_mode(name, reduction):
    ys, ts = SMOOTH[name]
    gradcheck(lambda ys: LOSSES[name](ys, ts, reduction), ys)
    gradcheck(lambda y: LOSSES[name]([y, *ys[1:]], ts, reduction), ys[0])


@pytest.mark.parametrize("name", SMOOTH)
def test_a_program_with_the_targets_as_inputs_gives_the_bits_of_eager(name):
    ys, ts = SMOOTH[name]
    recorded, targets = [Value(0.5) for _ in ys], [Value(1.0) for _ in ts]
    with watching_comparisons() as places:
        loss = LOSSES[name](recorded, targets)
    assert places == [], "no loss looks at the number in a Value"
    program = compile_graph(loss, recorded, targets)
    for shift in (0.0, 0.09, -0.2):
        shifted = [y + shift for y in ys]
        assert program(shifted, ts) == run(LOSSES[name], shifted, ts)


@pytest.mark.parametrize(("row", "k"), [([0.3, -1.2, 2.0], 0), ([1e4, 3.0, -1e4], 2), ([0.5, 0.5], 1)])
def test_class_indices_and_one_hot_rows_give_the_same_bits(row, k):
    one_hot = [float(j == k) for j in range(len(row))]
    expected = run(cross_entropy, [row, row[::-1]], [k, k])
    assert run(cross_entropy, [row, row[::-1]], [one_hot, one_hot]) == expected
    assert run(cross_entropy, row, k) == run(cross_entropy, row, one_hot) == run(cross_entropy, row, [k])


@pytest.mark.parametrize(
    ("name", "targets", "each"),
    [("mse", [1.0, 0.0], 1), ("l1", [1.0, 0.0], 2), ("bce_with_logits", [1, 1], 2), ("hinge", [1, -1], 3), ("logistic", [1, -1], 2)],
)
def test_a_loss_of_many_samples_adds_one_node_and_one_division_to_those_of_each(name, targets, each):
    for times in (1, 50):
        loss = LOSSES[name]([Value(0.5) for _ in targets * times], targets * times)
        assert operation_count(loss) == each * 2 * times + 2


def test_the_loss_of_one_number_is_the_formula_of_the_textbook_without_a_sum_and_a_division():
    for loss, formula in ((losses.mse_loss, squared_error), (losses.l1_loss, lambda y, t: abs(y - t))):
        for graph in (loss(Value(3.0), 1.0), loss([Value(3.0)], [1.0]), loss([Value(3.0)], [1.0], reduction="sum")):
            assert [(node.op, node.data) for node in topological_order(graph)] == [(node.op, node.data) for node in topological_order(formula(Value(3.0), 1.0))]


def test_predictions_come_one_by_one_in_lists_of_lists_and_in_arrays():
    single, y, z = [1.0, -1.0], Value(0.5), Value(-2.0)
    expected = losses.hinge_loss([y, z], single).data
    for ys, ts in (([[y], [z]], single), ([y, z], [[1], [-1]]), ([[y], [z]], [[1], [-1]]), ((y, z), (1, -1)), ([y, z], np.array([1, -1])),
                   (np.array([[y], [z]]), np.array([1, -1], dtype=np.int8)), ([y, z], [np.float32(1), np.int64(-1)])):  # fmt: skip
        assert losses.hinge_loss(ys, ts).data == expected
    assert losses.mse_loss(y, 1).data == losses.mse_loss([y], 1).data == losses.mse_loss(y, [1]).data == 0.25
    assert losses.binary_cross_entropy([0.25], np.array([True])) == -math.log(0.25)
    assert cross_entropy(np.eye(2), np.array([0, 1])) == cross_entropy([[1.0, 0.0], [0.0, 1.0]], [0, 1])


# -- penalties ---------------------------------------------------------------------------------------------------
def test_e3_an_l2_penalty_of_001_is_a_weight_decay_of_002():
    ends = []
    for strength, weight_decay in ((0.01, 0.0), (0.0, 0.02), (0.0, 0.0)):
        parameters = [Value(1.5), Value(-0.5)]
        optimizer = SGD(parameters, lr=0.1, weight_decay=weight_decay)
        for _ in range(20):
            optimizer.zero_grad()
            ((parameters[0] * parameters[1] - 1.0) ** 2 + l2_penalty(parameters, strength)).backward()
            optimizer.step()
        ends.append([p.data for p in parameters])
    assert ends[0] == close(ends[1])
    assert ends[0] != pytest.approx(ends[2], rel=1e-3)


def test_penalties_and_their_gradients_are_those_one_computes_by_hand():
    for penalty, value, gradient in ((l2_penalty, 0.01 * 29.0, [-0.04, 0.0, 0.1]), (l1_penalty, 0.01 * 7.0, [-0.01, 0.0, 0.01])):
        weights = [Value(-2.0), Value(0.0), Value(5.0)]
        total = penalty(iter(weights), 0.01)
        total.backward()
        assert total.data == close(value)
        assert [w.grad for w in weights] == close(gradient)
        assert penalty([-2.0, 0.0, 5.0], 0.01) == close(value)


# -- what is refused ---------------------------------------------------------------------------------------------
Y = Value(0.5)
REFUSED = [
    (lambda: losses.mse_loss([Y, Y], [1.0]), ValueError, "a list of 2 and a list of 1"),
    (lambda: losses.mse_loss([Y, Y], 1.0), ValueError, "a list of 2 and one number"),
    (lambda: losses.l1_loss([[Y, Y], [Y, Y]], [[1, 2], [1]]), ValueError, "of sample 1 do not match"),
    (lambda: losses.mse_loss([], []), ValueError, "no predictions"),
    (lambda: losses.hinge_loss([[]], [[]]), ValueError, "no predictions"),
    (lambda: cross_entropy([], []), ValueError, "no predictions"),
    (lambda: squared_error([Y], 1.0), TypeError, "two numbers, not list and float: lists are for mse_loss"),
    (lambda: squared_error(Y, (1.0,)), TypeError, "two numbers, not Value and tuple"),
    (lambda: losses.mse_loss([Y], ["1"]), TypeError, "not str '1'"),
    (lambda: losses.mse_loss([None], [1.0]), TypeError, "not NoneType"),
    (lambda: losses.mse_loss([Y], [1.0], reduction="average"), ValueError, "'mean', 'sum' or 'none', not 'average'"),
    (lambda: cross_entropy([[Y, Y]], [0], reduction=None), ValueError, "reduction"),
    (lambda: losses.hinge_loss([Y], [0]), ValueError, "takes the labels -1 and 1"),
    (lambda: losses.logistic_loss([Y, Y], [1, 2]), ValueError, "the target 2.0 is out of range"),
    (lambda: with_logits([Y], [-1]), ValueError, "target -1.0 is out of range"),
    (lambda: losses.binary_cross_entropy([Y], [math.nan]), ValueError, "target nan is out of range"),
    (lambda: losses.binary_cross_entropy([Value(1.5)], [1]), ValueError, "log"),
    (lambda: cross_entropy([[Y, Y]], [2]), ValueError, "class 2 of row 0 is out of range: 2 logits have the classes 0 to 1"),
    (lambda: cross_entropy([[Y, Y], [Y, Y]], [0, -1]), ValueError, "class -1 of row 1"),
    (lambda: cross_entropy([[Y, Y]], [0.0]), TypeError, "a class index is an int"),
    (lambda: cross_entropy([[Y, Y]], [[]]), TypeError, r"a class index is an int, not \[\]"),
    (lambda: cross_entropy([[Y, Y]], [Value(1.0)]), TypeError, "only one-hot rows may hold Values"),
    (lambda: cross_entropy([[Y, Y]], [0, 1]), ValueError, "1 rows of logits need as many targets, not a list of 2"),
    (lambda: cross_entropy([[Y, Y]], 0), ValueError, "not one number"),
    (lambda: cross_entropy([[Y, Y]], [[0.0, 1.0, 0.0]]), ValueError, "2 logits, but 3 class probabilities"),
    (lambda: cross_entropy([[Y, Y]], [[0.0, 1.5]]), ValueError, "target 1.5 is out of range"),
    (lambda: cross_entropy([Y], 0), ValueError, "at least two logits"),
    (lambda: cross_entropy([[Y], [Y]], [0, 0]), ValueError, "row 0 .* binary_cross_entropy_with_logits"),
    (lambda: cross_entropy(Y, 0), ValueError, "at least two logits"),
    (lambda: cross_entropy([[Y, Y], Y], [0, 0]), ValueError, "row 1 is no row of at least two logits"),
    (lambda: l2_penalty([], 0.1), ValueError, "at least one parameter"),
    (lambda: l1_penalty([Y], -0.1), ValueError, "strength"),
]


@pytest.mark.parametrize(("call", "kind", "message"), REFUSED)
def test_what_cannot_be_meant_is_refused_with_a_message_that_says_why(call, kind, message):
    with pytest.raises(kind, match=message):
        call()


@pytest.mark.parametrize("target", [0, 1, 0.0, 1.0])
@pytest.mark.parametrize("loss", [losses.binary_cross_entropy, losses.binary_cross_entropy_with_logits])
def test_a_plain_label_leaves_the_term_of_the_other_class_out_of_the_graph(loss, target):
    out = loss(Value(0.25), target)
    assert "dot" not in [node.op for node in topological_order(out)]
    assert "dot" in [node.op for node in topological_order(loss(Value(0.25), 0.5))]
