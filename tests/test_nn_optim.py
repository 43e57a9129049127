"""Optimisers, schedules and gradient clipping: PyTorch's recorded numbers, state, and what is refused."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nn
from autograd_core import Value
from nn import optim
from nn.optim import SGD, Adam, AdamW, RMSprop
from nn.training.callbacks import clip_grad_norm, clip_grad_value
from nn.training.schedules import CosineAnnealingLR, ExponentialLR, LinearWarmup, ReduceLROnPlateau, Schedule, StepLR

TORCH = json.loads((Path(__file__).parent / "fixtures" / "torch_optimizers.json").read_text())
KINDS = list(optim.OPTIMIZERS.values())
labelled = [pytest.param(case, id=f"{case['name']} {case['options']}") for case in TORCH["optimizers"]]


def close(expected):
    return pytest.approx(expected, rel=1e-12, abs=1e-12)


def leaves(count=3):
    return [Value(float(i)) for i in range(count)]


def made(name, options, parameters):
    return getattr(optim, name)(parameters, **{"lr": {"RMSprop": 0.01}.get(name, 1e-3), **options})


# -- the same numbers as PyTorch ---------------------------------------------------------------------------------
def test_the_fixtures_are_those_of_the_pytorch_release_that_is_compared_with():
    assert TORCH["torch"].startswith("2.13.0")
    recorded, names = {case["name"] for case in TORCH["optimizers"]}, {kind.__name__ for kind in KINDS}
    assert recorded == names, (
        f"{recorded ^ names} stand in only one: let OPTIMIZERS of tests/fixtures/make_torch_fixtures.py list the classes of OPTIMIZERS in"
        " nn/optim.py, and run python tests/fixtures/make_torch_fixtures.py, with PyTorch installed"
    )
    assert all(len(case["path"]) == len(TORCH["gradients"]) == 100 for case in TORCH["optimizers"])


@pytest.mark.parametrize("case", labelled)
def test_e2_a_hundred_updates_equal_pytorchs(case):
    optimizer = made(case["name"], case["options"], leaves())
    values = TORCH["start"]
    for gradients, expected in zip(TORCH["gradients"], case["path"]):
        values = optimizer.update(values, gradients)
        assert values == close(expected)


@pytest.mark.parametrize("case", labelled)
def test_step_on_values_is_update_on_lists_to_the_bit(case):
    parameters = [Value(x) for x in TORCH["start"]]
    stepped, listed = made(case["name"], case["options"], parameters), made(case["name"], case["options"], leaves())
    values = TORCH["start"]
    for gradients in TORCH["gradients"]:
        values = listed.update(values, gradients)
        stepped.zero_grad()
        assert [p.grad for p in parameters] == [0.0, 0.0, 0.0]
        sum((g * p for g, p in zip(gradients, parameters)), Value(0.0)).backward()
        stepped.step()
        assert [p.data for p in parameters] == values


@pytest.mark.parametrize("case", labelled)
def test_a_state_that_went_through_json_goes_on_to_the_same_bits(case):
    first = made(case["name"], case["options"], leaves())
    values = TORCH["start"]
    for gradients in TORCH["gradients"][:37]:
        values = first.update(values, gradients)
    second = getattr(optim, case["name"])(leaves(), lr=0.5)
    second.load_state_dict(json.loads(json.dumps(first.state_dict(), sort_keys=True, allow_nan=False)))
    assert second.state_dict() == first.state_dict()
    others = values
    for gradients in TORCH["gradients"][37:]:
        values, others = first.update(values, gradients), second.update(others, gradients)
        assert values == others


def test_a_saved_state_is_not_changed_by_later_updates_nor_by_the_one_who_loaded_it():
    first, second = SGD(leaves(1), momentum=0.5), SGD(leaves(1))
    first.update([1.0], [1.0])
    state = first.state_dict()
    kept = json.dumps(state)
    second.load_state_dict(state)
    first.update([1.0], [3.0])
    second.update([1.0], [5.0])
    assert json.dumps(state) == kept


@pytest.mark.parametrize("case", TORCH["schedules"], ids=str)
def test_e2_schedules_give_pytorchs_rates(case):
    options = dict(case["options"])
    if "after" in options:
        name, further = options["after"]
        options["after"] = getattr(nn, name)(**further)
    schedule = getattr(nn, case["name"])(**options)
    assert [schedule(i, 0.1) for i in range(len(case["rates"]))] == pytest.approx(case["rates"], rel=1e-12, abs=1e-15)


def test_the_rate_of_an_optimizer_that_is_given_none_is_pytorchs():
    assert [kind(leaves()).lr for kind in (SGD, RMSprop, Adam, AdamW)] == [1e-3, 1e-2, 1e-3, 1e-3]


def test_a_schedule_is_the_factor_of_the_rate_and_of_1_where_none_is_given():
    schedules = [Schedule(lambda epoch: 1 / (1 + epoch)), StepLR(2), ExponentialLR(0.5), CosineAnnealingLR(6), LinearWarmup(6)]
    factors = [0.25, 0.1, 0.125, 0.5, 2 / 3]
    assert [schedule(3) for schedule in schedules] == close(factors)
    assert [schedule(3, 0.5) for schedule in schedules] == close([factor / 2 for factor in factors])


def test_the_schedule_after_a_warm_up_begins_with_its_own_first_rate_as_pytorchs_sequential_schedule_does():
    warmup = LinearWarmup(3, start_factor=0.5, after=Schedule(lambda epoch: 0.5 / (1 + epoch)))
    assert [warmup(epoch) for epoch in range(7)] == close([1 / 2, 2 / 3, 5 / 6, 1 / 2, 1 / 4, 1 / 6, 1 / 8])


def test_a_schedule_shows_what_it_was_made_with_and_not_where_it_is():
    used = StepLR(2, 0.5)
    nn.MLP(1, [1]).fit([[1.0]], [1.0], epochs=1, optimizer=SGD, callbacks=used)
    assert repr(used) == repr(StepLR(2, gamma=0.5)) == "StepLR(step_size=2, gamma=0.5)"


def test_a_plateau_may_stop_learning_altogether_and_the_defaults_are_pytorchs():
    assert [ReduceLROnPlateau(factor=0.0, patience=0).rate(math.inf, 0.5), ReduceLROnPlateau(factor=0.0, patience=0, min_lr=0.25).rate(math.inf, 0.5)] == [0.0, 0.25]
    plateau, lr, changes = ReduceLROnPlateau(), 1.0, []
    for epoch in range(24):
        lr, former = plateau.rate(1.0 - 1e-4 * (epoch > 0), lr), lr
        changes += [(epoch, lr)] if lr != former else []
    assert changes == [(11, 0.1), (22, pytest.approx(0.01))]
    assert [ReduceLROnPlateau(patience=0).rate(math.inf, lr) for lr in (1e-8, 1.2e-8)] == [1e-8, pytest.approx(1.2e-9)]


@pytest.mark.parametrize("case", TORCH["plateaus"], ids=lambda case: str(case["options"]))
def test_e2_reduce_on_plateau_gives_pytorchs_rates_at_every_epoch_and_after_a_reload(case):
    lr = other = 0.1
    plateau, reloaded = ReduceLROnPlateau(**case["options"]), ReduceLROnPlateau(**case["options"])
    for metric, rate in zip(TORCH["metrics"], case["rates"]):
        vars(reloaded).update(reloaded.checked_state(None, json.loads(json.dumps(plateau.state()))))
        lr, other = plateau.rate(metric, lr), reloaded.rate(metric, other)
        assert lr == other == pytest.approx(rate, rel=1e-12, abs=0.0)


@pytest.mark.parametrize(("mode", "up"), [("min", -1.0), ("max", 1.0)])
def test_a_plateau_is_a_figure_that_gets_better_by_no_more_than_the_threshold(mode, up):
    for threshold_mode, threshold, progress in (("rel", 0.01, lambda x, share: x * (1.0 + share * up)), ("abs", 2.0, lambda x, share: x + 200.0 * share * up)):
        plateau, figure, lr = ReduceLROnPlateau(mode, patience=0, threshold=threshold, threshold_mode=threshold_mode), 300.0, 0.1
        for _ in range(4):
            lr, figure = plateau.rate(figure, lr), progress(figure, 0.011)
            assert lr == 0.1
        figure = progress(progress(figure, -0.011), 0.009)
        assert plateau.rate(figure, lr) == pytest.approx(0.01)


def test_a_plateau_changes_the_rate_by_more_than_eps_or_not_at_all():
    for eps, rate in ((0.25, 0.5), (0.2, 0.25)):
        plateau = ReduceLROnPlateau(factor=0.5, patience=0, eps=eps)
        assert [plateau.rate(1.0, 0.5) for _ in range(2)] == [0.5, rate]


def test_a_plateau_waits_from_the_first_epoch_on_and_is_where_nothing_gets_better():
    for figure in (math.inf, math.nan):
        assert [ReduceLROnPlateau(patience=patience).rate(figure, 0.5) for patience in (0, 1)] == [0.05, 0.5]
    steady = ReduceLROnPlateau(patience=0, threshold=0.0)
    assert [steady.rate(1.0, 0.5) for _ in range(2)] == [0.5, 0.05]


# -- clipping ---------------------------------------------------------------------------------------------------
def test_gradients_whose_norm_is_beyond_all_floats_keep_their_direction():
    for limit in (1.0, 1e308):
        assert clip_norm([1.5e308, -1.5e308], limit) == (pytest.approx([limit / math.sqrt(2.0), -limit / math.sqrt(2.0)], rel=1e-15), math.inf)
    assert clip_norm([1.5e308, -1.5e308], math.inf)[0] == [1.5e308, -1.5e308]


def clip_norm(gradients, limit, clip=clip_grad_norm):
    """The gradients of parameters after clipping, and what it returns."""
    parameters = leaves(len(gradients))
    for parameter, gradient in zip(parameters, gradients):
        parameter.grad = gradient
    returned = clip(iter(parameters), limit)
    return [p.grad for p in parameters], returned


def clip_value(gradients, limit):
    return clip_norm(gradients, limit, clip_grad_value)


@pytest.mark.parametrize("case", TORCH["clipping"], ids=lambda case: str(case["gradients"]))
def test_clipping_gives_pytorchs_gradients_and_norm(case):
    gradients, limit = case["gradients"], case["limit"]
    clipped, norm = clip_norm(gradients, limit)
    assert (clipped, norm) == (close(case["by_norm"]), close(case["norm"]))
    assert clip_norm(gradients, math.inf) == (gradients, norm), "an infinite limit measures only"
    assert clip_value(gradients, limit) == (case["by_value"], None)
    arrays = nn.ClipNorm(limit).gradients(None, np.array(gradients)), nn.ClipValue(limit).gradients(None, np.array(gradients))
    assert (arrays[0].tolist(), arrays[1].tolist()) == (close(clipped), case["by_value"])


@settings(deadline=None, max_examples=100, derandomize=True)
@given(st.lists(st.floats(-1e3, 1e3), max_size=6), st.floats(1e-3, 1e4))
def test_clipping_by_norm_keeps_the_direction_and_bounds_the_length(gradients, limit):
    clipped, norm = clip_norm(gradients, limit)
    assert norm == pytest.approx(math.hypot(*gradients), rel=1e-12, abs=0.0)
    assert math.hypot(*clipped) <= limit * (1 + 1e-12)
    if norm < limit - 1e-6:
        assert clipped == gradients
    else:
        assert clipped == pytest.approx([g * limit / (norm + 1e-6) for g in gradients], rel=1e-9, abs=1e-300)


def test_e3_exploded_gradients_are_clipped_to_norm_5_although_their_squares_overflow():
    clipped, norm = clip_norm([3e200, -4e200], 5.0)
    assert norm == pytest.approx(5e200)
    assert clipped == pytest.approx([3.0, -4.0])


@pytest.mark.parametrize("g", [1e-200, 5e-324, 1e200, 3.0])
def test_the_norm_of_one_gradient_is_its_size(g):
    w = Value(0.0)
    w.grad = -g
    assert clip_grad_norm([w], math.inf) == g


def test_nan_and_inf_pass_through_clipping_so_that_they_are_found():
    assert math.isnan(clip_norm([math.nan, 1.0], 5.0)[1])
    assert all(map(math.isnan, clip_norm([math.nan, 1.0], 5.0)[0]))
    assert clip_norm([1.0, -math.inf], 5.0)[1] == math.inf
    assert math.isnan(clip_value([math.nan], 5.0)[0][0])
    w = Value(0.0)
    w.grad = math.nan
    clip_grad_value([w], 5.0)
    assert math.isnan(w.grad)


# -- behaviour ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", KINDS)
def test_every_optimizer_reaches_the_minimum_of_a_bowl(kind):
    x, y = Value(2.0), Value(1.0)
    optimizer = kind([x, y], lr=0.05)
    for _ in range(400):
        optimizer.zero_grad()
        ((x - 1.0) ** 2 + 5.0 * (y - 2.0) ** 2).backward()
        optimizer.step()
    assert (x.data, y.data) == pytest.approx((1.0, 2.0), abs=0.05)


def test_centered_rmsprop_survives_a_constant_gradient_whose_variance_rounds_below_zero():
    optimizer = RMSprop(leaves(1), alpha=0.5, centered=True)
    values = [0.0]
    for _ in range(300):
        values = optimizer.update(values, [1.7])  # from the 52nd on, -4.4e-16
    assert math.isfinite(values[0])


@pytest.mark.parametrize("kind", KINDS)
def test_an_update_can_be_read_before_the_first_step_and_holds_no_number_of_a_certain_step(kind):
    has_decay = "weight_decay" in kind(leaves()).hyperparameters
    unused = type("Unused", (kind,), {})(leaves(), lr=0.5, **({"weight_decay": 0.25} if has_decay else {}))
    used = kind(leaves(), **({"weight_decay": 0.125} if has_decay else {}))
    used.update([1.0, 2.0, 3.0], [4.0, 5.0, 6.0])
    assert unused.program().source == used.program().source


@pytest.mark.parametrize("kind", KINDS)
def test_nonfinite_gradients_give_nonfinite_values_and_no_exception(kind):
    for gradient in (math.nan, math.inf, 1e200):
        optimizer = kind(leaves(2))
        for _ in range(3):
            values = optimizer.update([1.0, 1.0], [gradient, 0.0])
        assert math.isfinite(values[1])


# -- what is refused ---------------------------------------------------------------------------------------------
A = Value(1.0)
REFUSED = [
    (lambda: SGD([]), ValueError, "no parameters"),
    (lambda: Adam(iter(())), ValueError, "no parameters"),
    (lambda: SGD([A, Value(1.0), A]), ValueError, "twice"),
    (lambda: SGD([1.0]), TypeError, "each of parameters is a Value, not float"),
    (lambda: SGD([A * 2]), ValueError, "only leaves"),
    (lambda: SGD([A], lr=-0.1), ValueError, "lr is a finite number of at least 0, not -0.1"),
    (lambda: SGD([A], lr=math.nan), ValueError, "lr"),
    (lambda: SGD([A], lr=math.inf), ValueError, "lr"),
    (lambda: SGD([A], lr="0.1"), ValueError, "lr"),
    (lambda: SGD([A], momentum=-1), ValueError, "momentum"),
    (lambda: SGD([A], weight_decay=-1e-4), ValueError, "weight_decay"),
    (lambda: SGD([A], nesterov=True), ValueError, "nesterov needs a momentum"),
    (lambda: SGD([A], momentum=0.9, dampening=0.1, nesterov=True), ValueError, "nesterov"),
    (lambda: RMSprop([A], alpha=1.0), ValueError, "alpha .* below 1"),
    (lambda: RMSprop([A], eps=0.0), ValueError, "eps is a finite number above 0"),
    (lambda: Adam([A], betas=0.9), ValueError, "betas is a pair"),
    (lambda: Adam([A], betas=(0.9, 1.0)), ValueError, "each of betas .* below 1"),
    (lambda: AdamW([A], betas=(-0.1, 0.9)), ValueError, "each of betas"),
    (lambda: SGD([A]).update([1.0], [1.0, 2.0]), ValueError, "1 values and 2 gradients"),
    (lambda: clip_grad_norm([A], 0.0), ValueError, "max_norm is a positive number"),
    (lambda: nn.ClipValue(math.nan), ValueError, "limit is a positive number"),
    (lambda: clip_grad_value([A], -1.0), ValueError, "limit is a positive number"),
    (lambda: StepLR(0), ValueError, "step_size is a whole number, 1 or more"),
    (lambda: ExponentialLR(-0.5), ValueError, "gamma"),
    (lambda: ExponentialLR(1e200)(3, 0.1), OverflowError, r"\*\* at x = 1e\+200 overflows"),
    (lambda: nn.no_grad, AttributeError, r"write model\.predict\(X\)"),
    (lambda: nn.save, AttributeError, r"write model\.save\(path\)"),
    (lambda: CosineAnnealingLR(10.5), ValueError, "T_max"),
    (lambda: LinearWarmup(5, start_factor=1.5), ValueError, "start_factor .* to 1"),
    (lambda: LinearWarmup(5, after=ReduceLROnPlateau()), TypeError, "a schedule such as nn.StepLR"),
    (lambda: ReduceLROnPlateau(factor=1.0), ValueError, "factor"),
    (lambda: ReduceLROnPlateau(patience=-1), ValueError, "patience is a whole number, 0 or more"),
    (lambda: ReduceLROnPlateau(cooldown=-1), ValueError, "cooldown is a whole number, 0 or more"),
    (lambda: ReduceLROnPlateau(threshold_mode="min"), ValueError, "threshold_mode 'rel' or 'abs', not 'min' and 'min'"),
    (lambda: ReduceLROnPlateau(mode="less"), ValueError, "mode is 'min' or 'max'"),
    (lambda: SGD([A], lr=10**400), ValueError, "lr is a finite number"),
    (lambda: SGD([A], nesterov="yes"), ValueError, "nesterov is True or False"),
]


@pytest.mark.parametrize(("call", "kind", "message"), REFUSED)
def test_what_cannot_be_meant_is_refused_with_a_message_that_says_why(call, kind, message):
    with pytest.raises(kind, match=message):
        call()


def damaged(**changes):
    optimizer = SGD(leaves(2), momentum=0.9)
    optimizer.update([1.0, 2.0], [3.0, 4.0])
    return {**optimizer.state_dict(), **changes}


@pytest.mark.parametrize(
    "state",
    [
        {}, [], Adam(leaves(2)).state_dict(), SGD(leaves(3), momentum=0.9).state_dict(), damaged(lr=-1.0), damaged(lr=None), damaged(steps=None),
        damaged(state={"momentum_buffer": [1.0]}), damaged(state={"momentum_buffer": [1.0, None]}), damaged(state={"momentum_buffer": [1.0, "2.0"]}), damaged(steps=-1), damaged(steps=True),
        damaged(state={"momentum_buffer": [1.0, math.nan]}), damaged(lr=10**400), damaged(state=None), damaged(hyperparameters={}),
        damaged(hyperparameters={"momentum": 0.9, "dampening": 0.0, "weight_decay": -1.0, "nesterov": False}),
    ],
)  # fmt: skip
def test_a_state_that_does_not_fit_is_refused_and_changes_nothing(state):
    optimizer = SGD(leaves(2), lr=0.25, momentum=0.5)
    optimizer.update([1.0, 2.0], [3.0, 4.0])
    before = optimizer.state_dict()
    with pytest.raises(ValueError, match=r"state|lr|weight_decay"):
        optimizer.load_state_dict(state)
    assert optimizer.state_dict() == before
