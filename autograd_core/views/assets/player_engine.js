// What does not depend on a layout: numbers as Python writes them, both passes over a graph, captions, and the engine's own errors.
//
// graph.nodes:  {name, row: its place in rows and rules or null for a leaf, parents: their places, data}, each behind its parents
// graph.terms:  {consumer, position, node}, the edges along which gradients flow, in the order in which backward adds what flows
// graph.seeds:  the places of the nodes whose gradient is 1
// rows:         {value(...inputs), derivatives(out, ...inputs)}; a derivative that is null cuts the path
// rules:        {name, domain, labels, fails, overflows}, what the engine says where a row is not defined

// As Python's format(x, ".6g"); where x lies between two such numbers, Python takes the even one.
function formatNumber(x, digits) {
  if (Number.isNaN(x)) return "nan";
  if (!Number.isFinite(x)) return x > 0 ? "inf" : "-inf";
  if (x === 0) return Object.is(x, -0) ? "-0" : "0";
  const even = x.toExponential(60).match(new RegExp("^(-?\\d\\.?\\d{" + (digits - 2) + "}[02468])\\.?50+(e.*)"));
  const text = even && digits > 1 ? even[1] + even[2] : x.toExponential(digits - 1), power = Number(text.split("e")[1]);
  if (power >= -4 && power < digits) return String(Number(text));
  const [, mantissa, sign, exponent] = text.match(/^(.*?)e([+-])(\d+)$/);
  return (mantissa.includes(".") ? mantissa.replace(/\.?0*$/, "") : mantissa) + "e" + sign + exponent.padStart(2, "0");
}

// As Python's repr(x).
function exactNumber(x) {
  if (!Number.isFinite(x) || x === 0) return x === 0 ? (Object.is(x, -0) ? "-0.0" : "0.0") : formatNumber(x, 6);
  const [mantissa, exponent] = x.toExponential().split("e"), power = Number(exponent);
  if (power < -4 || power >= 16) return mantissa + "e" + (power < 0 ? "-" : "+") + String(Math.abs(power)).padStart(2, "0");
  const [digits, sign] = [mantissa.replace(/[-.]/g, ""), x < 0 ? "-" : ""];
  if (power < 0) return sign + "0." + "0".repeat(-power - 1) + digits;
  const whole = digits.padEnd(power + 1, "0");
  return sign + whole.slice(0, power + 1) + "." + (whole.slice(power + 1) || "0");
}

// The operands of a node as its row reads them: those that were computed may be the zero that cuts a path.
function operandsOf(nodes, node) {
  return node.parents.map((p) => (nodes[p].row === null ? nodes[p].data : nodes[p].value));
}

// The value of every node, and its derivatives by its operands.
function forwardPass(graph, rows) {
  graph.nodes.forEach((node) => {
    if (node.row === null) return;
    const inputs = operandsOf(graph.nodes, node);
    node.value = rows[node.row].value(...inputs);
    node.data = Number(node.value);
    node.local = rows[node.row].derivatives(node.data, ...inputs);
  });
}

// Every term of the backward pass with its running sum, and the gradient of every node.
function backwardPass(graph) {
  const nodes = graph.nodes;
  // null stands for the zero that cuts a path: nothing flows, not even beside an infinite derivative.
  nodes.forEach((node) => { node.grad = null; });
  graph.seeds.forEach((i) => { nodes[i].grad = 1; });
  graph.terms.forEach((term) => {
    const upstream = nodes[term.consumer].grad, local = nodes[term.consumer].local[term.position];
    const flows = upstream !== null && local !== null, node = nodes[term.node];
    if (flows) node.grad += upstream * local;
    term.upstream = Number(upstream);
    term.local = Number(local);
    term.contribution = flows ? upstream * local : 0;
    term.total = Number(node.grad);
  });
  nodes.forEach((node) => { node.grad = Number(node.grad); });
}

// A number that a caption refers to: [kind, index, whether a negative one gets brackets, whether it is an answer].
function numberOf(graph, [kind, index]) {
  return kind === "data" || kind === "grad" ? graph.nodes[index][kind] : graph.terms[index][kind];
}

// A caption: texts as they are, and numbers for references; with ask, a question mark for each that is an answer.
function filledCaption(graph, pieces, digits, ask) {
  return pieces.map((piece) => {
    if (typeof piece === "string") return piece;
    if (ask && piece[3]) return "?";
    const x = numberOf(graph, piece), text = formatNumber(x, digits);
    return piece[2] && text.startsWith("-") ? "(" + text + ")" : text;
  }).join("");
}

// What the engine says of the first operation that is not defined at its operands; empty if all are.
function problemOf(graph, rows, rules) {
  for (const node of graph.nodes) {
    const inputs = node.row === null ? [] : node.parents.map((p) => graph.nodes[p].data);
    if (node.row === null || Number.isFinite(node.data) || !inputs.every(Number.isFinite)) continue;
    const rule = rules[node.row], isPole = Number.isNaN(node.data) || isFiniteBeside(rows[node.row], inputs);
    if (!(isPole ? rule.fails : rule.overflows)) continue;
    const labels = rule.labels || node.parents.map((p) => graph.nodes[p].name);
    const given = labels.map((label, i) => label + " = " + exactNumber(inputs[i])).join(", ");
    const named = labels.map((label, i) => [label, graph.nodes[node.parents[i]].quoted]).filter(([label, name]) => name && rule.labels);
    const where = rule.name + " at " + given + (named.length ? " (" + named.map(([label, name]) => label + " is the node " + name).join(", ") + ")" : "");
    if (!isPole) return where + " overflows: the result is larger than any float (1.8e308)";
    return where + " is not defined" + (rule.domain ? ": it needs " + rule.domain : "");
  }
  return "";
}

// Whether an infinite value is that of one point only, such as 1 / x at 0, and not too large a number, such as exp(1000).
function isFiniteBeside(row, inputs) {
  return inputs.some((x, i) => (x === 0 ? [1e-6, -1e-6, 1] : [x * (1 + 1e-6), x * (1 - 1e-6)]).some((close) => {
    const beside = inputs.slice();
    beside[i] = close;
    return Number.isFinite(Number(row.value(...beside)));
  }));
}
