"""The estimators do all that scikit-learn asks of its own, and learn well as they come."""

import pickle
import subprocess
import sys
import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import load_diabetes, load_digits, load_iris
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV, cross_val_score, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import estimator_checks_generator

import nn

IRIS = load_iris(as_frame=True)
WORDS = IRIS.target_names[IRIS.target]
ESTIMATORS = [nn.Classifier((16,), epochs=25), nn.Regressor((8,), epochs=30)]  # what is checked needs neither many units nor long trainings


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda e: type(e).__name__)
def test_the_estimators_pass_every_check_of_scikit_learn(estimator):
    names = []
    for _, check in estimator_checks_generator(estimator):
        names.append(check.func.__name__)
        if names[-1] != "check_array_api_input":  # about arrays on other devices; scikit-learn leaves it out by itself
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                check(clone(estimator))
    assert len(names) > 45


# -- how well it learns ------------------------------------------------------------------------------------------------
def test_as_it_comes_it_learns_the_iris_flowers():
    assert cross_val_score(nn.Classifier(random_state=0), IRIS.data, WORDS, cv=5).mean() >= 0.95


def test_as_it_comes_it_learns_the_digits():
    train_X, test_X, train_y, test_y = train_test_split(*load_digits(return_X_y=True), random_state=0)
    assert nn.Classifier(dialect="c", random_state=0).fit(train_X, train_y).score(test_X, test_y) >= 0.95


def test_a_regression_of_scaled_targets_explains_what_it_can():
    model = make_pipeline(StandardScaler(), TransformedTargetRegressor(nn.Regressor((8,), "tanh", epochs=40, random_state=0), transformer=StandardScaler()))
    assert cross_val_score(model, *load_diabetes(return_X_y=True)).mean() > 0.4


# -- in scikit-learn's tools -------------------------------------------------------------------------------------------
def test_e7_a_grid_search_tries_every_combination_and_keeps_the_best():
    search = GridSearchCV(nn.Classifier((4,), epochs=60, random_state=0), {"lr": [1e-6, 0.03], "activation": ["tanh", "relu"]}, cv=3)
    search.fit(IRIS.data, WORDS)
    assert len(search.cv_results_["params"]) == 4
    assert search.best_params_["lr"] == 0.03
    assert search.best_score_ > 0.9 > 2 * search.cv_results_["mean_test_score"].min()


def test_e7_a_random_search_reaches_into_a_pipeline():
    pipeline = make_pipeline(StandardScaler(), nn.Classifier((4,), epochs=40, random_state=0))
    search = RandomizedSearchCV(pipeline, {"classifier__lr": np.geomspace(1e-2, 1e-1, 20), "classifier__hidden": [(4,), (8,)]}, n_iter=3, cv=2, random_state=0)
    assert search.fit(IRIS.data, WORDS).score(IRIS.data, WORDS) > 0.9


def test_labels_of_any_kind_and_names_of_columns_are_kept():
    model = nn.Classifier((4,), epochs=60, random_state=0).fit(IRIS.data, WORDS)
    assert model.classes_.tolist() == ["setosa", "versicolor", "virginica"]
    assert model.feature_names_in_.tolist() == list(IRIS.data.columns)
    assert set(model.predict(IRIS.data)) <= set(WORDS)
    chances = model.predict_proba(IRIS.data)
    assert np.allclose(chances.sum(axis=1), 1.0)
    assert (model.classes_[chances.argmax(axis=1)] == model.predict(IRIS.data)).all()
    with pytest.raises(ValueError, match="feature names"):
        model.predict(IRIS.data.rename(columns=str.upper))
    numbers = nn.Classifier((4,), epochs=60, random_state=0).fit(IRIS.data, pd.Series(IRIS.target) * 10 - 7)
    assert numbers.classes_.tolist() == [-7, 3, 13]
    assert np.array_equal(numbers.predict_proba(IRIS.data), chances)


def test_several_targets_are_predicted_in_their_shape():
    X = np.linspace(-1.0, 1.0, 30)[:, None]
    model = nn.Regressor((8,), "tanh", epochs=300, random_state=0)
    assert model.fit(X, np.hstack([X, X**2])).predict(X).shape == (30, 2)
    assert model.score(X, np.hstack([X, X**2])) > 0.9
    assert model.fit(X, X).predict(X).shape == (30, 1)
    assert model.fit(X, X[:, 0]).predict(X).shape == (30,)


@pytest.mark.parametrize("kind", [nn.Classifier, nn.Regressor])
def test_a_clone_and_a_pickle_predict_the_same(kind):
    model = kind((3,), "tanh", epochs=5, random_state=3).fit(IRIS.data, IRIS.target)
    again = clone(model).fit(IRIS.data, IRIS.target)
    with pytest.raises(NotFittedError):
        clone(model).predict(IRIS.data)
    for other in (again, pickle.loads(pickle.dumps(model))):
        assert np.array_equal(other.predict(IRIS.data), model.predict(IRIS.data))
        assert other.network_.state_dict() == model.network_.state_dict()


# -- options -----------------------------------------------------------------------------------------------------------
def test_a_factory_makes_any_network():
    def factory(inputs, outputs):
        return nn.Sequential(nn.Layer(inputs, 6, "tanh", seed=0), nn.BatchNorm(6), nn.Layer(6, outputs, "linear", seed=1))

    model = nn.Classifier(module=factory, epochs=20, random_state=0).fit(IRIS.data, WORDS)
    assert isinstance(model.network_.layers[1], nn.BatchNorm)
    assert model.score(IRIS.data, WORDS) > 0.9
    with pytest.raises(TypeError, match=r"makes an nn\.Module, not int"):
        nn.Classifier(module=lambda inputs, outputs: 3).fit(IRIS.data, WORDS)


def test_weights_of_classes_and_of_samples_are_those_of_scikit_learn():
    X, y = nn.data.gaussians(60, 0.4, seed=0)
    options = {"hidden": (3,), "epochs": 20, "random_state": 0}
    weights = np.where(np.array(y) == 1, 5.0, 1.0)
    by_class = nn.Classifier(class_weight={0: 1.0, 1: 5.0}, **options).fit(X, y).predict_proba(X)
    assert np.array_equal(by_class, nn.Classifier(**options).fit(X, y, sample_weight=weights).predict_proba(X))
    plain = nn.Classifier(**options).fit(X, y).predict_proba(X)
    assert by_class[:, 1].mean() > plain[:, 1].mean() + 0.05
    assert np.allclose(nn.Classifier(class_weight="balanced", **options).fit(X, y).predict_proba(X), plain)  # as many of each


def test_callbacks_and_validation_reach_the_training():
    model = nn.Classifier(validation=0.2, callbacks=[nn.EarlyStopping(3)], epochs=500, random_state=0).fit(IRIS.data, WORDS)
    assert model.history_.stopped == "early stopping"
    assert {"loss", "val_loss"} <= model.history_.epochs[-1].keys()
    slow = nn.Classifier(optimizer=nn.SGD, lr=1e-9, epochs=1, random_state=0).fit(IRIS.data, WORDS)
    assert slow.history_["lr"] == [1e-9]


@pytest.mark.parametrize(("options", "words"), [
    ({"optimizer": "adamm"}, "optimizer is one of .* did you mean 'adam'"),
    ({"activation": "rel"}, "activation is one of .* did you mean 'relu'"),
    ({"dialect": "fortran"}, "dialect is one of"),
    ({"validation": 1.0}, "validation is a pair .* or a fraction"),
    ({"epochs": -1}, "epochs is a whole number"), ({"batch_size": 0}, "batch_size is a whole number, 1 or more, not 0"),
    ({"batch_size": None}, "batch_size is a whole number"), ({"validation": "x"}, "validation is a number from 0 to 1, not 'x'"),
    ({"validation": float("nan")}, "validation is a number from 0 to 1"), ({"hidden": 5}, r"hidden is a list, not int: write hidden=\(32,\)"),
    ({"module": 3}, "module is a function of the numbers of inputs and outputs"),
])  # fmt: skip
def test_a_wrong_option_is_refused_when_it_is_fitted(options, words):
    with pytest.raises((ValueError, TypeError), match=words):
        nn.Classifier(**options).fit(IRIS.data, WORDS)


@pytest.mark.parametrize("estimator", [nn.Classifier, nn.Regressor])
def test_a_module_that_does_not_fit_the_data_is_refused_before_it_is_trained(estimator):
    X, y = np.array(IRIS.data), np.array(IRIS.target)
    for outputs in (2, 5):
        with pytest.raises(ValueError, match=rf"made a network of {outputs} output\(s\), and these data need [13]"):
            estimator(module=lambda inputs, _, outputs=outputs: nn.MLP(inputs, [outputs])).fit(X, y)
    for module in (nn.MLP(4, [3]), "MLP", lambda inputs, outputs: None):
        with pytest.raises(TypeError, match=r"module is a function .*that makes an? (new|nn)"):
            estimator(module=module).fit(X, y)


def test_an_output_that_is_nan_is_of_no_class():
    classifier = nn.Classifier(epochs=1, random_state=0).fit(np.array(IRIS.data), WORDS)
    with pytest.raises(ValueError, match=r"output 0 is .*nan.*, which is of no class"):
        classifier.predict([[1.7e308] * 4])


def test_a_single_class_is_refused():
    with pytest.raises(ValueError, match="two classes or more, and these are of 1 class, 'a'"):
        nn.Classifier().fit([[0.0], [1.0]], ["a", "a"])
    with pytest.raises(ValueError, match="1 class, 'b'"):
        nn.Classifier().fit([[0.0], [1.0]], ["a", "b"], sample_weight=[0.0, 1.0])


def test_import_nn_loads_neither_scikit_learn_nor_matplotlib_nor_numpy():
    program = "import sys, nn; print([n for n in ('sklearn', 'matplotlib', 'numpy', 'pandas', 'tqdm') if n in sys.modules])"
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_without_scikit_learn_the_estimators_say_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.base", None)
    monkeypatch.delitem(sys.modules, "nn.estimators", raising=False)
    with pytest.raises(ImportError, match="need scikit-learn"):
        nn.Classifier  # noqa: B018


@pytest.mark.parametrize("kind", [nn.Classifier, nn.Regressor])
def test_only_the_hidden_layers_and_the_activation_may_be_given_without_their_names(kind):
    assert kind([4], "tanh").get_params()["activation"] == "tanh"
    with pytest.raises(TypeError, match="positional argument"):
        kind([4], "tanh", 50)
