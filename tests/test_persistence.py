"""Pickled and copied graphs: everything is kept, at any depth, whatever holds the nodes and whatever happens on the way."""

import copy
import io
import pickle
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd_core as ac
from autograd_core import Constant, Value, topological_order


def through_pickle(dumps, protocol):
    return lambda x: pickle.loads(dumps(x, protocol))


WAYS = {"deepcopy": copy.deepcopy}
for n in range(pickle.HIGHEST_PROTOCOL + 1):
    WAYS |= {f"pickle-{n}": through_pickle(pickle.dumps, n), f"python-pickle-{n}": through_pickle(pickle._dumps, n)}

every_way = pytest.mark.parametrize("twin_of", WAYS.values(), ids=WAYS)


class Parameter(Value):
    """A leaf that belongs to a module: it has a ``__dict__``."""


class SlottedParameter(Value):
    __slots__ = ()


class ParameterWithSlot(Value):
    __slots__ = ("trainable",)


class ParameterInGroup(ParameterWithSlot):
    __slots__ = "group"  # Python takes a single name, too


class Model:
    def __init__(self):
        self.w, self.bias = [Parameter(0.5, "w0"), SlottedParameter(-0.25, "w1")], Value(1.0, "b")
        self.by_name = {"b": self.bias, "w": self.w}


class Unpicklable(str):
    __slots__ = ()

    def __reduce__(self):
        raise RuntimeError("this name cannot be pickled")


def chain(depth):
    y = Value(0.5, "x")
    for _ in range(depth):
        y = y + 1.0
    return y


def is_chain(y, depth):
    return (y.data, len(topological_order(y))) == (depth + 0.5, 2 * depth + 1)


def facts(output):
    """All that a graph consists of, with nodes replaced by their place in the order."""
    order = topological_order(output)
    place = {node: i for i, node in enumerate(order)}
    return [
        (type(n), n.data, n.grad, n.name, n.op, n.primitive, [place[p] for p in n.parents], n.local_derivatives, getattr(n, "__dict__", 0))
        for n in order
    ]


def example():
    """Every shape of node: leaf, constant, one operand, two, the same twice, many; families with their constants."""
    x, y, w = Value(0.7, "x"), Parameter(-1.2, "y"), SlottedParameter(0.3)
    y.tag = "second"
    a = (x * x).sin()
    a.name = "a"
    b = ac.leaky_relu(a - 2 * y, 0.3) + y**3 + ac.elu(y, 0.5)
    c = ac.dot([a, b, x], [w, y, 2.0], w) / ac.logsumexp([a, b, 1.0, x]) + ac.step(y, 0.25)
    output = ac.maximum(c, b) * c
    output.backward()
    output.backward(0.5)
    return output


@every_way
def test_everything_about_every_node_is_kept(twin_of):
    output = example()
    before = facts(output)
    twin = twin_of(output)
    assert facts(twin) == facts(output) == before
    assert not set(topological_order(twin)) & set(topological_order(output))


@every_way
def test_backward_on_what_comes_back_gives_the_same_gradients(twin_of):
    output = example()
    twin = twin_of(output)
    leaves, twins = ([n for n in topological_order(o) if not n.parents] for o in (output, twin))
    for node in leaves + twins:
        node.grad = 0.0
    output.backward(3.0)
    expected = [leaf.grad for leaf in leaves]
    assert any(expected)
    assert not any(leaf.grad for leaf in twins)
    twin.backward(3.0)
    assert [leaf.grad for leaf in twins] == expected
    second = [g.data for g in ac.gradients(ac.gradients(output, leaves)[0], leaves)]
    assert [g.data for g in ac.gradients(ac.gradients(twin, twins)[0], twins)] == second


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 99), st.integers(0, 99)), min_size=1, max_size=40), st.sampled_from(list(WAYS)))
def test_any_graph_comes_back_as_it_was(choices, way):
    nodes = [Value(0.5, "a"), Parameter(-1.5, "b"), Value(2.0)]
    for kind, i, j in choices:
        x, y = nodes[i % len(nodes)], nodes[j % len(nodes)]
        made = [x + y, x.tanh() * y, -x, ac.maximum(x, 0.25), ac.dot([x, y], [y, 2.0], x), x.sigmoid() ** 3]
        nodes.append(made[kind])
    nodes[-1].backward()
    assert facts(WAYS[way](nodes[-1])) == facts(nodes[-1])


@every_way
@pytest.mark.parametrize("data", [float("inf"), float("nan"), -0.0, 5e-324, 0.1 + 0.2])
def test_data_keeps_every_bit(twin_of, data):
    assert [n.data.hex() for n in topological_order(twin_of(-Value(data)))] == [data.hex(), (-data).hex()]


@every_way
def test_several_roots_share_what_they_shared(twin_of):
    x = Value(3.0, "x")
    square = x * x
    first, leaf, third, (total, again), mapping = twin_of([square, x, square.exp(), (square + x, x), {"x": x, x: "x"}])
    assert (first.parents, third.parents, total.parents) == ((leaf, leaf), (first,), (first, leaf))
    assert mapping == {"x": again, leaf: "x"}
    assert again is leaf is not x


def test_deepcopy_shares_through_its_memo():
    x = Value(2.0)
    y, leaf = copy.deepcopy([x * x, x])
    assert y.parents == (leaf, leaf)
    kept = Value(7.0)
    assert copy.deepcopy(x + 1.0, {id(x): kept}).parents[0] is kept


@every_way
def test_a_model_keeps_its_parameters_their_type_and_their_place_in_a_recorded_loss(twin_of):
    model = Model()
    model.loss = ac.dot(model.w, [1.0, 2.0], model.bias) ** 2
    twin = twin_of(model)
    assert twin.by_name == {"b": twin.bias, "w": twin.w}
    assert [type(p) for p in twin.w] == [Parameter, SlottedParameter]
    twin.loss.backward()
    assert [p.grad for p in (*twin.w, twin.bias)] == [2.0, 4.0, 2.0]  # the weighted sum is 1
    assert [p.grad for p in (*model.w, model.bias)] == [0.0, 0.0, 0.0]


@every_way
def test_attributes_of_a_parameter_may_hold_graphs_even_of_the_parameter_itself(twin_of):
    p = Parameter(2.0, "p")
    p.loss = p * p
    p.notes = ["a", p]
    for twin in (twin_of(p), twin_of(p.loss).parents[0], twin_of([p.loss, p])[1]):
        assert twin.loss.parents == (twin, twin)
        assert twin.notes == ["a", twin]


@every_way
def test_an_attribute_may_hold_a_deep_graph(twin_of):
    p = Parameter(2.0, "p")
    p.history = chain(2_000)
    assert twin_of(p).history.data == 2_000.5
    assert twin_of(p * p).parents[0].history.data == 2_000.5


@every_way
def test_a_slot_that_a_subclass_adds_is_kept(twin_of):
    p = ParameterInGroup(2.0)
    p.trainable, p.group = False, [p]
    for twin in (twin_of(p), twin_of(p * p).parents[1]):
        assert twin.trainable is False
        assert twin.group == [twin]
    assert (copy.copy(p).trainable, copy.copy(p).group) == (False, [p])


@pytest.mark.parametrize("kind", [Value, Parameter, SlottedParameter, Constant])
def test_copy_makes_a_second_node_over_the_same_parents(kind):
    leaf = kind(2.0, "x")
    twin = copy.copy(leaf)
    assert twin is not leaf
    assert facts(twin) == facts(leaf)
    y = leaf * leaf + ac.dot([leaf, leaf], [1.0, 2.0])
    y.backward()
    second = copy.copy(y)
    assert second is not y
    assert second.parents == y.parents
    assert facts(second) == facts(y)
    second.data = 0.0
    assert y.data == 10.0
    if kind is Parameter:
        twin.tag = "of the copy alone"
        assert not hasattr(leaf, "tag")


@every_way
def test_a_family_keeps_its_constants_as_the_same_primitive(twin_of):
    x = Value(2.0)
    for y in [x**3, x**-0.5, ac.leaky_relu(x, 0.3), ac.elu(x, 0.5), ac.step(x, 1.0), ac.sign(x, -1)]:
        assert twin_of(y).primitive is y.primitive


@every_way
def test_every_row_of_the_table_comes_back_as_itself(twin_of):
    assert all(twin_of(row) is row for row in ac.TABLE.values())


def test_a_primitive_that_is_unknown_on_loading_is_a_lookup_error_that_names_it():
    row = ac.primitive("only_here", "x * 2.0", lambda out, x: 2.0)
    text = pickle.dumps(row(Value(1.0)))
    try:
        assert pickle.loads(text).primitive is row
    finally:
        del ac.TABLE["only_here"]
    with pytest.raises(LookupError, match=r"only_here.*define it"):
        pickle.loads(text)


@every_way
def test_depth_is_not_limited_by_recursion(twin_of):
    assert is_chain(twin_of(chain(10_000)), 10_000)


def test_a_chain_that_no_stack_would_hold_is_pickled_loaded_copied_and_dropped():
    x = y = Value(0.5, "x")
    for _ in range(250_000):  # one call in C for each, of 48 bytes at least, would overflow the 8 MB of a stack
        y = -y
    for twin_of in (WAYS[f"pickle-{pickle.HIGHEST_PROTOCOL}"], copy.deepcopy):
        twin, leaf = twin_of([y, x])
        twin.backward(3.0)
        assert (twin.data, leaf.grad, x.grad) == (0.5, 3.0, 0.0)
        twin = leaf = None  # dropped here, before the next one is made


both_dumps = pytest.mark.parametrize("dumps", [pickle.dumps, pickle._dumps], ids=["C", "Python"])


def interrupted(dumps):
    """The error of a pickler that fails in the middle of a graph."""
    output = chain(100)
    topological_order(output)[40].name = Unpicklable()
    with pytest.raises(RuntimeError, match="cannot be pickled") as caught:
        dumps(output)
    return caught.value


def assert_pickling_is_right():
    assert pickle.loads(pickle.dumps(chain(10_000))).data == 10_000.5
    shared = Value(1.0)
    first, second = pickle.loads(pickle.dumps([shared + 1.0, shared]))
    assert first.parents[0] is second


@both_dumps
@pytest.mark.parametrize("keep_error", [False, True])  # a debugger or a notebook keeps it, and so the pickler's variables
def test_a_pickler_that_failed_half_way_leaves_later_ones_right(dumps, keep_error):
    kept = [interrupted(dumps)]
    if not keep_error:
        kept.clear()
    assert_pickling_is_right()


@pytest.mark.parametrize("kind", [pickle.Pickler, pickle._Pickler], ids=["C", "Python"])
def test_a_failed_pickler_that_is_kept_leaves_later_ones_right(kind):
    pickler = kind(io.BytesIO())
    interrupted(pickler.dump)
    assert_pickling_is_right()
    assert pickler is not None


@both_dumps
def test_two_threads_pickle_deep_graphs_at_once(dumps):
    results = {}
    start = threading.Barrier(2)

    def work(depth):
        output = chain(depth)
        start.wait()
        results[depth] = [pickle.loads(dumps(output)) for _ in range(5)]

    threads = [threading.Thread(target=work, args=(depth,)) for depth in (3_000, 4_000)]
    for action in (threading.Thread.start, threading.Thread.join):
        for thread in threads:
            action(thread)
    assert all(is_chain(y, depth) for depth in (3_000, 4_000) for y in results[depth])
