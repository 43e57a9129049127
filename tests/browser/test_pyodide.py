"""The wheel in a browser's Python: Pyodide, run by Node, installs it and runs all that needs no layout engine."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

TOP = Path(__file__).parent.parent.parent
LOADER = """
import {readFileSync} from "node:fs";
import {loadPyodide} from "pyodide";
const python = await loadPyodide();
python.unpackArchive(new Uint8Array(readFileSync(process.argv[2])), "wheel");
console.log(python.runPython(readFileSync(process.argv[3], "utf8")));
"""
PROGRAM = """
import json, sys
from autograd_core import Value, compile_graph, derivation, formula, grad, hessian, jit, sigmoid, steps, to_mermaid
import nn

w, x, b = Value(0.5, "w"), Value(2.0, "x"), Value(1.0, "b")
L = (sigmoid(w * x + b) - 1) ** 2
L.backward()
X, y = nn.data.moons(40, noise=0.1, seed=1)
model = nn.MLP(2, [4, 1], seed=1)
history = model.fit(X, y, loss="bce_with_logits", epochs=5, seed=1)
json.dumps({
    "version": sys.version_info[:2], "platform": sys.platform, "L": L.data, "dw": w.grad, "steps": str(steps(L)),
    "program": compile_graph(L, wrt=[w, b], inputs=[x])([0.5, 1.0], [2.0])[1], "second": grad(grad(lambda x: x**3))(2.0),
    "hessian": hessian(lambda v: v[0] ** 2 * v[1])([3.0, 5.0]), "formula": str(formula(L)), "derivation": str(derivation(L)),
    "jit": jit(lambda a: a * a)(3.0), "mermaid": to_mermaid(L), "losses": history["loss"],
})
"""


@pytest.fixture(scope="module")
def in_the_browser(tmp_path_factory):
    """What the program gives in Pyodide."""
    folder = tmp_path_factory.mktemp("pyodide")
    subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(folder), "pyodide"], check=True)
    subprocess.run([sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", str(folder), str(TOP)], check=True,
                   capture_output=True)  # fmt: skip
    (folder / "load.mjs").write_text(LOADER, encoding="utf-8")
    (folder / "program.py").write_text(PROGRAM, encoding="utf-8")
    wheel = next(folder.glob("*.whl"))
    done = subprocess.run(["node", "load.mjs", str(wheel), "program.py"], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def rounded(found):
    """What was found, to 12 digits: the mathematical functions of the two machines may differ in the last bit."""
    return json.loads(json.dumps(found), parse_float=lambda digits: f"{float(digits):.12g}")


def test_the_wheel_runs_in_pyodide_and_gives_the_numbers_of_this_python(in_the_browser):
    source, _, last = PROGRAM.rpartition("json.dumps(")
    here: dict = {}
    exec(f"{source}found = json.dumps({last}", here)
    expected = json.loads(here["found"])
    assert in_the_browser["platform"] == "emscripten"
    assert in_the_browser["version"] >= [3, 12]
    assert rounded({**in_the_browser, "platform": "", "version": ""}) == rounded({**expected, "platform": "", "version": ""})
