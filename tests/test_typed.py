"""A user's program type-checks against the packages, strictly, and a wrong line in it is refused."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import autograd_core

PROGRAM = """\
from autograd_core import TABLE, DomainError, Value, compile_graph, dot, grad, primitive, relu
import nn

x: Value = Value(2.0, "x")
y: Value = (3.0 * x + x ** 2 - x / 4.0).tanh() + x.leaky_relu(0.1) + abs(-x)
y.backward()
slope: float = x.grad
same: bool = x == y or x < 3.0
program = compile_graph([y], [], [x])
model = nn.MLP(2, [4, 1])
print(grad(lambda z: z * z)(3.0), relu(x), dot([x], [y]), TABLE["tanh"].activation, model([1.0, 2.0]), program, slope, same)
cube = primitive("cube", "x * x * x", lambda out, x: 3.0 * x * x)
history: nn.History = model.fit([[0.0, 1.0]], [1.0], loss="mse", optimizer="adam", epochs=1, callbacks=[nn.EarlyStopping(5)])


class Line(nn.Module):
    def __init__(self) -> None:
        self.slope = nn.Parameter(1.0)

    def forward(self, x: list[Value]) -> Value:
        return self.slope * x[0]


print(cube(x), Line()([x]))
for parameter in Line().parameters():
    parameter.data -= 0.1 * parameter.grad * history["loss"][-1]
try:
    x.log()
except DomainError as error:
    print(error)
"""


@pytest.fixture(scope="module")
def checked(tmp_path_factory):
    place = tmp_path_factory.mktemp("typed")

    def check(program):
        (place / "program.py").write_text(program)
        root = Path(autograd_core.__file__).parents[1]
        command = [sys.executable, "-m", "mypy", "--strict", "--ignore-missing-imports", "--cache-dir", str(place / "cache"), "program.py"]
        return subprocess.run(command, cwd=place, env={**os.environ, "MYPYPATH": str(root)}, capture_output=True, text=True).stdout

    return check


def test_a_program_of_a_user_type_checks(checked):
    assert "Success" in checked(PROGRAM)


@pytest.mark.parametrize("line", ["text: str = x.exp()", "x.leaky_relu('a')", "y.backward('1')", "x.cosine()", "TABLE['tanh'].gain"])
def test_a_wrong_line_is_refused(checked, line):
    assert f"program.py:{PROGRAM.count(chr(10)) + 1}: error" in checked(PROGRAM + line + "\n")


@pytest.mark.parametrize("package", ["autograd_core", "nn"])
def test_the_packages_say_that_they_are_typed(package):
    assert (Path(autograd_core.__file__).parents[1] / package / "py.typed").is_file()
