"""The data sets: what is generated, that seeds repeat it, how they are augmented, and what is refused."""

import math
import random
import statistics
import sys

import numpy as np
import pytest
from sklearn import datasets as sklearn_datasets

from lectures.datasets import function, jitter, linear, shift_images
from nn.data import circles, digits, gates, gaussians, moons, spiral, xor_quadrants

X10, Y10 = [[float(i), -float(i)] for i in range(10)], list(range(10))
CLASSIFICATION = [moons, circles, xor_quadrants, gaussians, spiral]
every_cloud = pytest.mark.parametrize("cloud", CLASSIFICATION, ids=lambda f: f.__name__)
every_set = pytest.mark.parametrize("make", [*CLASSIFICATION, linear, lambda n, **k: function(math.sin, n, **k)])

TRUTH = {  # for the inputs 00, 01, 10, 11
    "and": [0, 0, 0, 1], "or": [0, 1, 1, 1], "xor": [0, 1, 1, 0], "nand": [1, 1, 1, 0], "nor": [1, 0, 0, 0], "xnor": [1, 0, 0, 1],
}  # fmt: skip


@pytest.mark.parametrize(("name", "answers"), TRUTH.items())
def test_a6_the_gates_have_their_truth_tables_in_both_codings(name, answers):
    X, y = gates(name)
    assert X == [[0, 0], [0, 1], [1, 0], [1, 1]]
    assert y == answers
    X, y = gates(name, coding=(-1, 1))
    assert X == [[-1, -1], [-1, 1], [1, -1], [1, 1]]
    assert y == [2 * answer - 1 for answer in answers]
    assert gates(name, labels=(-1, 1)) == (gates(name).X, y)


def test_a6_not_has_one_input():
    assert gates("not") == ([[0.0], [1.0]], [1, 0])
    assert gates("not", coding=(-1, 1)) == ([[-1.0], [1.0]], [1, -1])


@pytest.mark.parametrize(("name", "coding", "bias"), [("or", (0, 1), -0.5), ("and", (0, 1), -1.5), ("or", (-1, 1), 1.5), ("and", (-1, 1), -1.5)])
def test_a6_the_lectures_weights_make_the_gates(name, coding, bias):
    X, y = gates(name, coding)
    assert [coding[x1 + x2 + bias > 0] for x1, x2 in X] == y


@pytest.mark.parametrize("n", [2, 3, 100, 101])
def test_moons_without_noise_are_those_of_scikit_learn(n):
    X, y = moons(n, noise=0.0)
    reference = sklearn_datasets.make_moons(n, shuffle=False)
    ours, theirs = (sorted([round(a, 12) + 0.0, round(b, 12) + 0.0, int(c)] for (a, b), c in zip(*data)) for data in ((X, y), reference))
    assert ours == theirs


def test_moons_move_by_gaussian_noise_of_the_given_deviation():
    clean, noisy = moons(4000, noise=0.0, seed=3), moons(4000, noise=0.2, seed=3)
    upper = [math.hypot(x1, x2) for (x1, x2), label in zip(*noisy) if label == 0]
    assert statistics.stdev(upper) == pytest.approx(0.2, rel=0.05)
    assert statistics.stdev(math.hypot(*row) for row, label in zip(*clean) if label == 0) < 1e-12


@every_cloud
@pytest.mark.parametrize("n", [2, 7, 200])
def test_a_cloud_has_n_points_of_two_floats_and_both_labels_equally_often(cloud, n):
    X, y = cloud(n, labels=(-1, 1))
    assert len(X) == len(y) == n
    assert all(type(row) is list and len(row) == 2 and all(type(x) is float and math.isfinite(x) for x in row) for row in X)
    assert {type(label) for label in y} == {int}
    assert set(y) <= {-1, 1}
    if cloud is not xor_quadrants:
        assert (y.count(-1), y.count(1)) == (n // 2, n - n // 2)


def test_the_quadrants_are_balanced_on_average():
    assert 4800 < xor_quadrants(10_000).y.count(1) < 5200


@every_set
def test_a_seed_repeats_the_set_and_another_gives_another(make):
    assert make(20, noise=0.1, seed=5) == make(20, noise=0.1, seed=5)
    assert make(20, noise=0.1, seed=5) != make(20, noise=0.1, seed=6)
    chance = random.Random(5)
    assert make(20, noise=0.1, seed=chance) == make(20, noise=0.1, seed=5)
    assert make(20, noise=0.1, seed=chance) != make(20, noise=0.1, seed=5)


@every_cloud
def test_the_labels_only_rename_the_classes(cloud):
    assert cloud(50, labels=(0, 1)).X == cloud(50, labels=(-1, 1)).X
    assert [2 * label - 1 for label in cloud(50).y] == cloud(50, labels=(-1, 1)).y


@pytest.mark.parametrize("cloud", [moons, circles, gaussians, spiral])
def test_the_classes_are_mixed_so_that_a_prefix_holds_both(cloud):
    assert 10 <= cloud(200).y[:40].count(0) <= 30


def test_b10_the_circle_is_a_disc_in_a_ring():
    X, y = circles(2000, seed=1)
    inner, outer = ([math.hypot(*row) for row, label in zip(X, y) if label == wanted] for wanted in (1, 0))
    assert 0.0 <= min(inner) < 0.05 < 2.45 < max(inner) <= 2.5
    assert 3.5 <= min(outer) < 3.55 < 4.95 < max(outer) <= 5.0
    assert statistics.mean(inner) == pytest.approx(1.25, abs=0.05)  # uniform in the radius, not in the area


@pytest.mark.parametrize(("cloud", "inside"), [(circles, lambda x: np.hypot(*x) < 2.5), (xor_quadrants, lambda x: x[0] * x[1] >= 0.0)])
def test_b10_the_noise_of_circle_and_quadrants_changes_labels_as_often_as_the_playgrounds_and_no_points(cloud, inside):
    clean, noisy = cloud(20_000, noise=0.0), cloud(20_000, noise=0.3)
    assert clean.X == noisy.X
    points = np.array(clean.X).T
    expected = np.mean(inside(points) != inside(points + np.random.default_rng(0).uniform(-1.5, 1.5, points.shape)))
    assert np.mean(np.array(clean.y) != np.array(noisy.y)) == pytest.approx(expected, abs=0.01)


def test_b10_the_quadrants_keep_off_the_axes_and_the_second_label_is_on_the_diagonal():
    X, y = xor_quadrants(2000)
    assert {(x1 > 0, x2 > 0, label) for (x1, x2), label in zip(X, y)} == {(True, True, 1), (False, False, 1), (True, False, 0), (False, True, 0)}
    sizes = [abs(x) for row in X for x in row]
    assert 0.3 <= min(sizes) < 0.32
    assert 5.28 < max(sizes) <= 5.3


@pytest.mark.parametrize(("noise", "variance"), [(0.0, 0.5), (0.25, 2.25), (0.5, 4.0)])
def test_b10_the_two_clouds_have_the_playgrounds_centres_and_variance(noise, variance):
    X, y = gaussians(20_000, noise, seed=2)
    for label, centre in ((0, -2.0), (1, 2.0)):
        for column in zip(*(row for row, other in zip(X, y) if other == label)):
            assert statistics.mean(column) == pytest.approx(centre, abs=0.08)
            assert statistics.variance(column) == pytest.approx(variance, rel=0.05)


def test_b10_the_spirals_pass_through_the_playgrounds_points():
    X, y = spiral(14)  # seven points an arm: the angle grows by half a turn every second point, the radius by 5/7 each
    expected = {(0, 0.0, 0.0), (1, 0.0, 0.0)}
    for i, (x1, x2) in enumerate([(1, 0), (0, -1), (-1, 0), (0, 1), (1, 0), (0, -1)], start=1):
        expected |= {(1, x1 * 5 * i / 7, x2 * 5 * i / 7), (0, -x1 * 5 * i / 7, -x2 * 5 * i / 7)}
    found = sorted((label, *row) for row, label in zip(X, y))
    for near in expected:
        assert any(near == pytest.approx(point, abs=1e-12) for point in found), near
    moved = zip(*(sorted(zip(*spiral(200, noise, seed=0)), key=lambda p: p[1]) for noise in (0.0, 0.2)))
    assert max(abs(a - b) for old, new in moved if old[1] == new[1] for a, b in zip(old[0], new[0])) <= 0.2


def test_linear_targets_are_the_weighted_sum_with_noise_of_the_given_deviation():
    X, y = linear(5000, weights=(2.0, -3.0, 0.5), bias=7.0, noise=0.3, seed=4)
    design = np.column_stack([X, np.ones(len(X))])
    found, residual, *_ = np.linalg.lstsq(design, np.array(y), rcond=None)
    assert found == pytest.approx([2.0, -3.0, 0.5, 7.0], abs=0.02)
    assert math.sqrt(residual[0] / len(X)) == pytest.approx(0.3, rel=0.05)


def test_a_function_is_sampled_evenly_with_both_ends_and_in_order():
    X, y = function(math.sin, 101, low=-0.1, high=0.3)
    assert [X[0], X[-1]] == [[-0.1], [0.3]]  # -0.1 + (0.3 - -0.1) is another number
    assert [x for (x,) in X] == pytest.approx(np.linspace(-0.1, 0.3, 101), abs=1e-15)
    assert y == [math.sin(x) for (x,) in X]
    noisy = function(math.sin, 4000, noise=0.5).y
    assert statistics.stdev(a - b for a, b in zip(noisy, function(math.sin, 4000).y)) == pytest.approx(0.5, rel=0.05)


def test_the_digits_are_those_of_scikit_learn_between_0_and_1():
    X, y = digits()
    reference = sklearn_datasets.load_digits()
    assert np.array_equal(np.array(X).reshape(-1, 8, 8) * 16.0, reference.images)
    assert y == reference.target.tolist()
    assert (min(map(min, X)), max(map(max, X))) == (0.0, 1.0)
    assert {type(label) for label in y} == {int}


def test_without_scikit_learn_the_digits_say_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(ImportError, match=r'pip install scikit-learn'):
        digits()


def test_e5_jitter_adds_noisy_copies_to_the_untouched_originals():
    X, y = jitter([[float(i)] for i in range(2000)], range(2000), copies=2, noise=0.3)
    assert X[:2000] == [[float(i)] for i in range(2000)]
    assert y == [*range(2000)] * 3
    moves = np.array(X[2000:])[:, 0] - np.array(y[2000:])
    assert (moves.mean(), moves.std()) == pytest.approx((0.0, 0.3), abs=0.02)
    assert jitter(X10, Y10, seed=1) == jitter(X10, Y10, seed=1) != jitter(X10, Y10, seed=2)


def test_e5_shifted_digits_are_the_pictures_moved_by_a_pixel():
    X, y = (part[:50] for part in digits())
    pictures, padded = np.array(X).reshape(-1, 8, 8), np.pad(np.array(X).reshape(-1, 8, 8), ((0, 0), (1, 1), (1, 1)))
    found = shift_images(X, y)
    left, right, up, down = padded[:, 1:9, 2:10], padded[:, 1:9, 0:8], padded[:, 2:10, 1:9], padded[:, 0:8, 1:9]
    assert np.array_equal(np.array(found.X).reshape(-1, 8, 8), np.concatenate([pictures, left, right, up, down]))
    assert found.y == y * 5


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: gates("if"), r"a gate is one of 'and', 'or', 'xor', .* not 'if'"),
        (lambda: gates("and", coding=(1, 1)), r"coding is a pair of different numbers .* not \(1, 1\)"),
        (lambda: moons(10, labels=(0, 1, 2)), r"labels is a pair"),
        (lambda: moons(1), "n, the number of points, is a whole number, 2 or more, not 1"),
        (lambda: circles(2.5), "a whole number, 2 or more, not 2.5"),
        (lambda: spiral(10, noise=-0.1), "noise is a finite number of at least 0, not -0.1"),
        (lambda: gaussians(10, noise=math.nan), "noise is a finite number of at least 0, not nan"),
        (lambda: linear(10, weights=()), r"weights is empty"),
        (lambda: function(abs, 10, low=1.0, high=1.0), "low is less than high, and both are finite, not low=1.0 and high=1.0"),
        (lambda: jitter(X10, Y10, copies=-1), "copies is a whole number, 0 or more, not -1"),
        (lambda: jitter(X10, Y10[:9]), r"X and y are of different lengths, 10 and 9"),
        (lambda: shift_images(X10, Y10), r"a picture of size=8 has 64 pixels, but X has 2 columns"),
    ],
)
def test_a_set_that_cannot_be_made_says_why(call, words):
    with pytest.raises(ValueError, match=words):
        call()
