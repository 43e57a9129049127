"""The page's own reading of formulas, run in Node."""

import json
import shutil
import subprocess

from autograd_core.teaching.explore import engine_source

HARNESS = """
function answer(text, values, digits) {
  try {
    const program = parse(text), leaves = leavesOf(program, values);
    const graph = new Recorder(program, leaves).record();
    forward(graph, values);
    const terms = backward(graph), derived = derivation(graph, digits);
    const text_of = (line) => line.join(" = ");
    return {
      inputs: leaves,
      nodes: graph.order.map((node) => [node.called, node.kind, expressionOf(node), repr(node.data), repr(node.grad)]),
      terms: terms.map((t) => [t.node.called, t.consumer && t.consumer.called, t.consumer ? localFormula(t.consumer, t.position) : "",
        ...[t.upstream, t.local, t.contribution, t.total].map(repr)]),
      receipts: Object.fromEntries([...graph.order, ...graph.leaves].filter((n) => n.kind !== "constant").map((n) => [n.called, receipt(graph, terms, n).join("\\n")])),
      derivation: [...derived.forward, ...derived.backward].map(text_of).join("\\n"),
    };
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    return {error: error.message, at: error.at};
  }
}
console.log(JSON.stringify(cases.map(([text, values, digits]) => answer(text, values, digits))));
"""


def answers(cases):
    """What the page makes of each ``(text, values)``."""
    node = shutil.which("node")
    assert node, "these tests run the page's script in Node: apt-get install nodejs"
    program = f"{engine_source()}\nconst cases = {json.dumps([[*case, 4] for case in cases])};\n{HARNESS}"
    done = subprocess.run([node, "-"], input=program, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)
