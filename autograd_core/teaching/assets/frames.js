// What is shown one after the other: the leaves, each value, the seed, each term of the backward pass; and what is said of it.

function framesOf(graph, terms, failed) {
  const operations = graph.order.filter((node) => node.kind === "operation");
  const leaves = graph.order.filter((node) => node.kind === "leaf");
  const frames = leaves.length ? [{phase: "leaves", nodes: leaves}] : [];
  for (const node of operations) {
    if (node === failed || node.data === null) break;
    frames.push({phase: "forward", nodes: [node]});
  }
  if (failed) return [...frames, {phase: "failed", nodes: [failed]}];
  frames.push({phase: "seed", nodes: [graph.output]});
  for (const term of terms) if (term.consumer) frames.push({phase: "backward", nodes: [term.node, term.consumer], term});
  return frames;
}

// What the picture knows at a frame: nodes whose value is seen, gradients so far, edges that are active or passed.
function seenAt(frames, at, failed) {
  const state = {seen: new Set(), totals: new Map(), passed: {now: new Set(), done: new Set()}, now: new Set(frames[at].nodes), failed};
  if (frames[at].phase === "leaves") state.now = new Set();
  frames.slice(0, at + 1).forEach((frame) => {
    if (frame.phase === "leaves" || frame.phase === "forward") frame.nodes.forEach((node) => state.seen.add(node));
    if (frame.phase === "seed") state.totals.set(frame.nodes[0], 1);
    if (frame.phase === "backward") {
      state.totals.set(frame.term.node, frame.term.total);
      state.passed.done.add(`${frame.term.consumer.key} ${frame.term.position}`);
    }
  });
  const frame = frames[at];
  if (frame.phase === "forward") frame.nodes[0].parents.forEach((_, i) => state.passed.now.add(`${frame.nodes[0].key} ${i}`));
  if (frame.phase === "backward") state.passed.now.add(`${frame.term.consumer.key} ${frame.term.position}`);
  return state;
}

const bracketed = (x) => numberText(x).replace(/^-.*/, "($&)");

// The local derivative as it stands behind a product sign: in brackets, if a sum, a quotient or a condition is outermost.
function factor(term) {
  const formula = localFormula(term.consumer, term.position);
  if (formula === numberText(term.local, null)) return "";
  let outermost = formula,
    inside = "";
  while (outermost !== inside) {
    inside = outermost;
    outermost = outermost.replace(/\([^()]*\)|\[[^\][]*\]/g, "_");
  }
  return / [-+/] | if |^-/.test(outermost) ? `(${formula})` : formula;
}

// The phase, the symbols and the numbers of a frame.
function captionOf(graph, frame) {
  const node = frame.nodes[0],
    of = `∂${graph.output.called}/∂`;
  if (frame.phase === "leaves")
    return [
      "Leaves",
      frame.nodes.map((x) => x.called).join(", "),
      frame.nodes.map((x) => `${x.called} = ${numberText(x.data)}`).join(", "),
    ];
  if (frame.phase === "failed")
    return [
      "Not defined",
      `${node.called} = ${expressionOf(node)}`,
      `${filled(
        node.row.text,
        node.parents.map((x) => numberText(x.data)),
        "",
      )} is not defined`,
    ];
  if (frame.phase === "forward")
    return [
      "Forward",
      `${node.called} = ${expressionOf(node)}`,
      `${filled(
        node.row.text,
        node.parents.map((x) => numberText(x.data)),
        "",
      )} = ${numberText(node.data)}`,
    ];
  if (frame.phase === "seed") return ["Seed", of + node.called, of + node.called + " = 1"];
  const {consumer, upstream, local, contribution, total} = frame.term,
    formula = factor(frame.term);
  const rule = `${of}${node.called} += ${of}${consumer.called} · ∂${consumer.called}/∂${node.called}`;
  const symbols = formula ? `${rule} = ${of}${consumer.called} · ${formula}` : rule;
  return ["Backward", symbols, `${bracketed(upstream)} · ${bracketed(local)} = ${numberText(contribution)},  sum ${numberText(total)}`];
}
