"""Small faults put into a file on purpose, one at a time: how many of them its tests notice.

    python tests/benchmarks/mutants.py                        # 60 mutants of every file below; prints the survivors
    python tests/benchmarks/mutants.py nn/optim.py 200 7      # 200 mutants of one file, seed 7
    python tests/benchmarks/mutants.py nn/optim.py all
    python tests/benchmarks/mutants.py nn/optim.py 200 7 out.txt  # only those of them that survived in a run whose output this is

A mutant exchanges an operator or a comparison, changes a constant by 1, exchanges two branches or leaves a statement out, also
in the formulas that the table holds as texts. Each runs in a child of this process, which has loaded pytest and NumPy, and
reads the changed text in place of the file: the file itself is not touched. Processes that tests start see it unchanged.
"""

from __future__ import annotations

import ast
import copy
import importlib.abc
import importlib.metadata
import importlib.util
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
CUTS = ["test_cuts.py::test_what_flows_beside_a_cut_path_is_not_cut_and_constants_may_cut",
        "test_cuts.py::test_an_own_function_whose_derivative_is_its_value_hands_on_what_is_cut",
        "test_cuts.py::test_a_program_knows_what_was_cut_wherever_it_came_from",
        "test_cuts.py::test_a_program_computes_no_reach_where_nothing_is_cut_or_nothing_is_infinite",
        "test_extremes.py::test_all_readings_agree_on_random_graphs_of_extremes"]  # fmt: skip
RIGHT = "test_a_derivative_is_right_or_not_finite_and_the_same_in_every_reading"
CORNERS = ["test_extremes.py::test_a_zero_at_a_corner_is_a_number_and_no_chosen_zero",
           "test_extremes.py::test_a_power_with_a_varying_exponent_at_0_is_right_or_not_finite"]  # fmt: skip
LOOPS = ["test_loops_found.py", "test_loops_stated.py",
         "test_numpy_loops.py::test_networks_are_near_the_python_program", "test_program_columns.py",
         "test_loops.py::test_several_outputs_equal_the_eager_engine",
         *(f"test_loops.py::test_networks_equal_the_eager_engine_at_every_width[2-{name}]" for name in ("plain", "mixed_uses", "convolution",
                                                                                                       "attention", "residual", "recurrent"))]  # fmt: skip
STEEP = "test_loops_stated.py::test_what_is_steep_is_no_loop_where_a_gradient_is_asked_for"
STATED = "test_loops_stated.py::test_a_loop_is_stated_for_every_operation_and_for_every_derivative_of_it"
TEXTBOOK = [f"test_textbook.py::test_{name}" for name in ("derivatives_read_as_in_a_textbook", "powers_factors_and_signs_are_collected",
            "what_backpropagation_multiplies_keeps_its_order", "a_formula_that_nobody_reads_stays_as_it_is",
            "a_simplified_formula_has_the_same_value")]  # fmt: skip
GRAPHS = [f"test_program_graphs.py::test_{name}" for name in (
    "a_python_program_equals_its_graph_here_and_elsewhere", "a_list_of_outputs_gives_their_values_in_order[python]",
    "leaves_that_are_not_reached_have_gradient_0_and_leaves_are_outputs_too[python]", "signs_in_front_of_signs_keep_their_meaning[python]",
    "what_no_gradient_needs_is_not_emitted", "no_name_disturbs_a_program[python]", "later_changes_of_the_graph_do_not_reach_a_program",
    "the_source_stands_in_linecache_and_a_traceback_shows_its_line")]  # fmt: skip
PYTHON = [f"test_program_{name}[python]" for name in (
    "columns.py::test_columns_are_the_rows_turned_around_of_any_number_in_lists_and_in_arrays",
    "columns.py::test_columns_that_are_no_plain_arrays_of_floats_are_read_all_the_same",
    "columns.py::test_columns_refuse_a_wrong_number_of_them_and_a_program_with_a_gradient",
    "columns.py::test_further_nodes_have_the_values_of_the_graph_and_change_no_other_number",
    "scale.py::test_parameters_in_any_form_give_what_their_numbers_give_as_floats",
    "scale.py::test_a_short_limit_makes_several_chunks", "lifetime.py::test_the_sign_of_zero_is_kept")]  # fmt: skip
PYTHON += ["test_program_scale.py::test_a_python_program_is_one_function_of_up_to_4000_operands_and_else_several_of_2000",
           "test_program_scale.py::test_numpy_numbers_make_a_python_program_raise_as_floats_do",
           "test_program_scale.py::test_python_and_numpy_programs_in_chunks_equal_their_graphs",
           "test_program_lifetime.py::test_lines_and_functions_go_with_their_program",
           "test_program_lifetime.py::test_a_saved_python_program_runs_by_itself",
           "test_program_scale.py::test_one_number_of_numpy_among_others_computes_as_a_float_does",
           "test_program_scale.py::test_a_batch_is_the_sum_of_single_calls[7]", "test_program_scale.py::test_rows_of_a_wrong_shape_are_a_value_error",
           "test_program_scale.py::test_a_wrong_number_of_values_is_a_value_error",
           "test_program_arguments.py::test_parameters_and_inputs_that_are_no_real_numbers_are_refused",
           "test_program_arguments.py::test_whole_numbers_compute_as_floats_and_every_result_is_looked_at",
           "test_program_arguments.py::test_columns_of_no_real_numbers_are_refused", "test_program_arguments.py::test_a_table_of_no_real_numbers_is_refused"]  # fmt: skip
SOURCES = [f"test_c_source.py::test_{name}" for name in (
    "what_a_person_reads", "the_gradient_of_a_matrix_is_said_with_its_first_three_uses", "how_much_the_compiler_is_asked_to_do",
    "a_long_program_is_a_few_files_with_each_function_in_one_of_them")]  # fmt: skip
SAVED = "test_c_saved.py::test_a_saved_program"
WRONG = "test_wrong_arguments.py"
REFUSED = "test_nn_training_fails.py::test_bad_input_is_refused_by_one_clear_error_and_changes_nothing"
TESTS = {
    "autograd_core/table.py": ["test_functions.py", "test_hips.py", "test_numbers.py", "test_whole_numbers.py", *CUTS, *CORNERS, "test_table.py"],
    "autograd_core/functions.py": ["test_functions.py", "test_own_primitive.py", f"{WRONG}::test_a_wrong_argument_is_answered_with_what_to_write",
                                   "test_numbers.py"],
    "autograd_core/derivatives/reverse.py": ["test_transforms.py", "test_transforms_nesting.py",
                                             "test_refused.py::test_a_value_as_data_is_refused_before_a_gradient_comes_of_it"],
    "autograd_core/programs/statements.py": ["test_statements.py", STATED, *CUTS, *GRAPHS],
    "autograd_core/programs/reach.py": ["test_statements.py", STEEP, *CUTS],
    "autograd_core/programs/rows.py": ["test_statements.py", "test_javascript.py::test_what_javascript_lacks_is_named", *CUTS, *GRAPHS],
    "autograd_core/programs/python.py": ["test_statements.py", *GRAPHS, *PYTHON],
    "autograd_core/programs/c_source.py": [*SOURCES, f"{SAVED}_says_how_it_is_called_and_needs_only_math",
                                           "test_c_source.py", f"{SAVED}_is_right_on_every_side_of_its_kinks",
                                           "test_program_columns.py::test_further_nodes_have_the_values_of_the_graph_and_change_no_other_number[c]",
                                           f"{SAVED}_in_chunks_prints_the_numbers_of_the_python_program"],
    "autograd_core/programs/loops.py": LOOPS,
    "autograd_core/programs/c_loops.py": LOOPS,
    "autograd_core/formulas/simplification.py": TEXTBOOK,
    "autograd_core/value.py": ["test_semantics.py", "test_semantics_graph.py", "test_numbers.py", "test_refused.py", "test_own_primitive.py"],
    "autograd_core/operators.py": ["test_operators.py", "test_semantics.py", "test_numbers.py", "test_refused.py"],
    "autograd_core/derivatives/dual.py": ["test_semantics.py::test_format_takes_the_specifications_of_floats", "test_transforms.py",
                                          "test_transforms_nesting.py", "test_extremes.py::test_a_given_direction_or_seed_of_0_sends_nothing",
                                          f"test_extremes.py::{RIGHT}", *CUTS],
    "nn/optim.py": ["test_nn_optim.py", *(f"test_nn_arrays.py::test_{name}" for name in (
        "a_rule_that_compares_numbers_is_refused_where_it_does", "a_rule_may_divide_by_a_parameter_by_its_gradient_and_by_a_coefficient",
        "a_hundred_updates_of_arrays_are_those_of_lists_to_the_bit",
        "only_many_numbers_of_a_training_in_c_are_updated_in_c_so_that_others_need_no_compiler"))],
    "nn/losses.py": ["test_nn_losses.py"],
    "nn/training/callbacks.py": ["test_nn_callbacks.py", "test_nn_optim.py", "test_nn_training.py", "test_nn_training_fails.py", "test_nn_robust.py"],
    "nn/training/schedules.py": ["test_nn_optim.py", "test_nn_callbacks.py", f"{REFUSED}[two rates]"],
    "nn/training/loop.py": ["test_nn_training.py", "test_nn_training_fails.py", "test_nn_robust.py", "test_nn_callbacks.py", *(f"test_nn_metrics.py::test_{name}" for name in (
        "a_loss_of_probabilities_behind_a_linear_output_names_the_missing_sigmoid", "a_step_that_gradients_do_not_move_is_told_once")),
        "test_wrong_arguments.py::test_a_wrong_argument_is_answered_with_what_to_write",
        "test_wrong_arguments.py::test_a_leaf_that_is_no_parameter_is_named_when_training_begins"],
}
"""The files, and for each the tests that belong to it, behind its own examples, the most telling ones first."""
SURVIVED, LIMIT = 7, 60.0

SWAPS: dict[type, type] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.Pow: ast.Mult, ast.Mod: ast.Mult, ast.FloorDiv: ast.Mult,
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.And: ast.Or, ast.Or: ast.And,
}  # fmt: skip


def changed(node: ast.AST, formulas: bool) -> Iterator[ast.AST]:
    """What may stand in the place of a node."""
    if isinstance(node, ast.BinOp | ast.BoolOp) and type(node.op) in SWAPS:
        yield with_fields(node, op=SWAPS[type(node.op)]())
    if isinstance(node, ast.Compare):
        for i, op in enumerate(node.ops):
            yield with_fields(node, ops=[*node.ops[:i], SWAPS[type(op)](), *node.ops[i + 1 :]])
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.Not):
        yield node.operand
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        yield ast.Constant(node.value + 1)
        yield ast.Constant(node.value - 1)
    if isinstance(node, ast.Constant) and type(node.value) is bool:
        yield ast.Constant(not node.value)
    if isinstance(node, ast.IfExp) or (isinstance(node, ast.If) and node.orelse):
        yield with_fields(node, body=node.orelse, orelse=node.body)
    if isinstance(node, ast.If) and not node.orelse:
        yield with_fields(node, test=ast.UnaryOp(ast.Not(), node.test))
    if isinstance(node, ast.AugAssign | ast.Raise) or (isinstance(node, ast.Expr) and not isinstance(node.value, ast.Constant)):
        yield ast.Pass()
    if formulas and isinstance(node, ast.Constant) and isinstance(node.value, str):
        for text in changed_formulas(node.value):
            yield ast.Constant(text)


def changed_formulas(text: str) -> Iterator[str]:
    """The mutants of a text, if it is a formula."""
    try:
        tree = ast.parse(text, mode="eval")
    except SyntaxError:
        return
    if not isinstance(tree.body, ast.Name | ast.Constant):
        yield from (ast.unparse(mutant) for mutant, _, _ in mutants_of(tree, False))


def with_fields(node: ast.AST, **fields: object) -> ast.AST:
    twin = copy.copy(node)
    vars(twin).update(fields)
    return twin


def mutants_of(tree: ast.AST, formulas: bool) -> Iterator[tuple[ast.AST, int, str]]:
    """Every mutant, with its line and what was changed. The tree is changed while one is looked at."""
    for parent in ast.walk(tree):
        for field, value in ast.iter_fields(parent):
            if field in ("annotation", "returns", "decorator_list", "format_spec") or isinstance(parent, ast.JoinedStr):
                continue
            if field == "value" and isinstance(parent, ast.keyword) and parent.arg == "maxsize":
                continue  # the size of a cache
            if isinstance(parent, ast.Assign) and isinstance(value, ast.Constant) and type(value.value) is int and value.value >= 1000:
                continue  # a size that was measured and has a name: one more or less makes no difference
            for i, node in enumerate(value) if isinstance(value, list) else [(None, value)]:
                if not isinstance(node, ast.AST):
                    continue
                for other in changed(node, formulas):
                    put(parent, field, i, other)
                    said = f"{ast.unparse(node)[:90]!s}  ->  {ast.unparse(ast.fix_missing_locations(copy.deepcopy(other)))[:90]}".replace("\n", " ")
                    yield tree, getattr(node, "lineno", 0), said
                    put(parent, field, i, node)


def put(parent: ast.AST, field: str, i: int | None, node: ast.AST) -> None:
    if i is None:
        setattr(parent, field, node)
    else:
        getattr(parent, field)[i] = node


class Instead(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Gives one module another text."""

    def __init__(self, path: str, text: str) -> None:
        self.name, self.path, self.text = path.removesuffix(".py").replace("/", "."), str(ROOT / path), text

    def find_spec(self, name: str, path: object = None, target: object = None) -> object:
        return importlib.util.spec_from_file_location(name, self.path, loader=self) if name == self.name else None

    def create_module(self, spec: object) -> None:
        return None

    def exec_module(self, module: object) -> None:
        exec(compile(self.text, self.path, "exec"), vars(module))


def is_noticed(path: str, text: str, limit: float) -> bool:
    """Whether the tests of a file fail, or do not end, with another text in its place."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.setpgid(0, 0)
            signal.signal(signal.SIGINT, signal.default_int_handler)  # which a process in the background may not have
            nothing = os.open(os.devnull, os.O_RDWR)
            for descriptor in (0, 1, 2):
                os.dup2(nothing, descriptor)
            sys.meta_path.insert(0, instead := Instead(path, text))
            os.chdir(ROOT)
            importlib.import_module(instead.name)  # now: pytest reads itself what it is told to collect
            import pytest

            options = ["-x", "-q", "-n0", "-p", "no:cacheprovider", "--assert=plain", "--doctest-modules", "-o", "addopts="]
            code = pytest.main([*options, path, *(f"tests/{name}" for name in TESTS[path])])
        finally:
            os._exit(SURVIVED if code == 0 else 1)
    end = time.monotonic() + limit
    while time.monotonic() < end:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status) != SURVIVED
        time.sleep(0.02)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return True


def examine(path: str, count: int | None, seed: int, known: str) -> tuple[int, int]:
    """How many mutants of a file were tried, and how many its tests noticed; survivors are printed. ``known`` names the ones to try."""
    text = (ROOT / path).read_text()
    start = time.monotonic()
    if is_noticed(path, ast.unparse(ast.parse(text)), 3600.0):
        raise SystemExit(f"{path}: its tests fail without any mutant")
    limit = LIMIT + 5.0 * (time.monotonic() - start)
    original = ast.unparse(ast.parse(text))
    made = [(ast.unparse(ast.fix_missing_locations(tree)), line, said) for tree, line, said in mutants_of(ast.parse(text), path.endswith("table.py"))]
    made = [mutant for mutant in made if mutant[0] != original]
    chosen = made if count is None else random.Random(f"{seed} {path}").sample(made, min(count, len(made)))
    chosen = [mutant for mutant in chosen if not known or survived(path, *mutant[1:]) in known]
    noticed = 0
    for mutant, line, said in chosen:
        if is_noticed(path, mutant, limit):
            noticed += 1
        else:
            print(survived(path, line, said), flush=True)
    seconds = time.monotonic() - start
    print(f"{path}, seed {seed}: {noticed} of {len(chosen)} mutants noticed ({len(made)} are possible; {seconds:.0f} s)", flush=True)
    return len(chosen), noticed


def survived(path: str, line: int, said: str) -> str:
    return f"    survived: {path}:{line}: {said}"


def main(path: str = "", count: str = "60", seed: str = "0", survivors: str = "") -> int:
    sys.path.insert(0, str(ROOT))
    for name in ("mpmath", "numpy", "pandas", "pytest", "hypothesis.strategies", "sympy", "sklearn.metrics"):
        if importlib.util.find_spec(name.split(".")[0]):
            importlib.import_module(name)  # once, and not for each mutant
    for plugin in importlib.metadata.entry_points(group="pytest11"):
        plugin.load()
    known = Path(survivors).read_text() if survivors else ""
    with tempfile.TemporaryDirectory() as own:  # where no other run of pytest clears away folders
        os.environ["PYTEST_DEBUG_TEMPROOT"] = own
        results = [examine(name, None if count == "all" else int(count), int(seed), known) for name in ([path] if path else TESTS)]
    tried, noticed = map(sum, zip(*results))
    print(f"{noticed} of {tried} mutants noticed: {100.0 * noticed / max(tried, 1):.1f} %")
    return 0 if noticed >= 0.97 * tried else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
