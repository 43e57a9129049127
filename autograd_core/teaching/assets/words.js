// What is said about a graph: operations and local derivatives in symbols, the receipt of a gradient, the derivation.

// A text of a row with names or numbers in its gaps; a negative one gets brackets where it needs them.
function filled(text, operands, out) {
  return text.replace(/\{(\(?)(o|\d+)\)?\}/g, (_, bracket, place) => {
    const name = place === "o" ? out : operands[Number(place)];
    return bracket && name.startsWith("-") ? `(${name})` : name;
  });
}

const callsOf = (node) => node.parents.map((parent) => parent.called);
const expressionOf = (node) =>
  node.row ? filled(node.row.text, callsOf(node), node.called).replace(/ \+ 0$/, node.row.weightedSum ? "" : "$&") : "";

// The local derivative in symbols; where it is made of constants only, as a number.
function localFormula(node, position) {
  const text = node.row.locals[position];
  const isNumber = [...text.matchAll(/\{\(?(o|\d+)\)?\}/g)].every(
    (gap) => gap[1] !== "o" && node.parents[Number(gap[1])].kind === "constant",
  );
  return isNumber ? numberText(Number(node.local[position]), null) : filled(text, callsOf(node), node.called);
}

// -- the receipt of one gradient -------------------------------------------------------------------------------------------
function receipt(graph, terms, node) {
  const uses = terms.filter((term) => term.node === node && term.consumer !== null);
  const total = numberText(node.grad),
    heading = `d${graph.output.called}/d${node.called} = ${total}`;
  if (!uses.length) return [`${heading}${node === graph.output ? "  (the seed)" : "  (no use: the output does not depend on it)"}`];
  const lines = uses.map((use) => {
    const local = numberText(use.local),
      formula = localFormula(use.consumer, use.position);
    const factor = formula === local ? local : `(${formula} = ${local})`;
    const product = `${numberText(use.upstream)} * ${factor} = ${numberText(use.contribution)}`;
    return `  in ${use.consumer.called} = ${expressionOf(use.consumer)}:  ${product}`;
  });
  if (uses.length > 1) lines.push(`  total:  ${uses.map((use) => numberText(use.contribution)).join(" + ")} = ${total}`);
  return [`${heading}, from ${uses.length} ${uses.length === 1 ? "use" : "uses"} of ${node.called}:`, ...lines];
}

// -- the derivation: a line for each node, then a line for each gradient, each [left, step, step, ...] -----------------------
function derivation(graph, digits) {
  const number = (x) => numberText(x, digits),
    bracketed = (text) => (text.startsWith("-") ? `(${text})` : text);
  const partial = (above, below) => `∂${above.called}/∂${below.called}`;
  const shown = graph.order.filter((node) => node.kind !== "constant");
  const figures = (node) => node.parents.map((x) => (x.kind === "constant" ? x.called : number(x.data)));
  const lines = shown
    .filter((node) => node.row)
    .map((node) => {
      return line(node.called, [written(node, callsOf(node)), written(node, figures(node)), number(node.data)]);
    });
  const first = lines.length,
    links = new Map(),
    total = new Map([[graph.output, 1]]);
  lines.push([partial(graph.output, graph.output), "1"]);
  for (const node of [...shown].reverse()) {
    if (links.has(node)) lines.push(gradientLine(node, links.get(node)));
    for (const parent of new Set(node.parents)) {
      if (parent.kind === "constant") continue;
      const places = node.parents.flatMap((x, i) => (x === parent ? [i] : []));
      const value = places.map((i) => flow(1, node.local[i])).reduce(joined);
      if (!links.has(parent)) links.set(parent, []);
      links.get(parent).push({consumer: node, value, ...linkTexts(node, parent, places)});
    }
  }
  return {forward: lines.slice(0, first), backward: lines.slice(first)};

  function linkTexts(node, parent, places) {
    const {links: texts} = wayOf(node);
    const found = texts[places[0]] ? [texts[places[0]]] : places.map((i) => ({text: node.row.locals[i], loose: false}));
    const fill = (operands, out) => found.map((x) => filled(x.text, operands, out)).join(" + ");
    const loose = found.length > 1 || found[0].loose;
    const gaps = found.flatMap((x) => [...x.text.matchAll(/\{\(?(o|\d+)\)?\}/g)]);
    if (gaps.every((gap) => gap[1] !== "o" && node.parents[Number(gap[1])].kind === "constant") && gaps.length) {
      const text = numberText(Number(node.local[places[0]]), null); // constants only: a number
      return {symbols: text, figures: text, loose: false};
    }
    return {symbols: fill(callsOf(node), node.called), figures: fill(figures(node), number(node.data)), loose};
  }

  function gradientLine(node, found) {
    const rule = [],
      symbols = [],
      numbers = [];
    let sum = null;
    for (const link of found) {
      const upstream = total.get(link.consumer),
        step = partial(link.consumer, node);
      sum = joined(sum, flow(upstream, link.value));
      const isOutput = link.consumer === graph.output; // whose own gradient is 1
      rule.push(isOutput ? step : `${partial(graph.output, link.consumer)} · ${step}`);
      symbols.push(isOutput ? link.symbols : product(partial(graph.output, link.consumer), link.symbols, link));
      numbers.push(isOutput ? link.figures : product(number(Number(upstream)), link.figures, link));
    }
    total.set(node, sum);
    const steps = [rule, symbols, numbers].map(added);
    return line(partial(graph.output, node), [
      ...(found.length === 1 && found[0].consumer === graph.output ? steps.slice(1) : steps),
      number(Number(sum)),
    ]);
  }

  function product(upstream, factor, {symbols, loose}) {
    if (symbols === "1") return upstream; // a factor that is always 1, not one that happens to be
    return `${bracketed(upstream)} · ${loose || factor.startsWith("-") ? `(${factor})` : factor}`;
  }

  function added(terms) {
    return terms.map((term, i) => (i ? bracketed(term) : term)).join(" + ");
  }
  function line(left, steps) {
    return [left, ...steps.filter((step, i) => i === 0 || step !== steps[i - 1])];
  }
}

// The formula of a node with names or numbers; a weighted sum with constant weights as a person writes it: x - 2 * y + 3.
function written(node, operands) {
  const n = operands.length >> 1;
  if (!node.row.weightedSum) return filled(wayOf(node).value, operands, "");
  if (![...node.parents.slice(0, n), node.parents[2 * n]].every((x) => x.kind === "constant")) {
    return filled(node.row.text, operands, "").replace(/ \+ 0$/, "");
  }
  const weights = [...node.parents.slice(0, n), node.parents[2 * n]].map((x) => x.data),
    parts = [...operands.slice(n, 2 * n), ""];
  const terms = weights.flatMap((weight, i) => (weight === 0 ? [] : [{weight, part: parts[i]}]));
  const magnitude = ({weight, part}) => {
    const size = numberText(Math.abs(weight), null),
      inside = part.startsWith("-") && (terms.length > 1 || size !== "1") ? `(${part})` : part;
    return part === "" ? size : size === "1" ? inside : `${size} * ${inside}`;
  };
  return terms.map((term, i) => (i ? (term.weight < 0 ? " - " : " + ") : term.weight < 0 ? "-" : "") + magnitude(term)).join("") || "0";
}

// How the row of a node reads with these operands: some equal, or a constant that disappears.
function wayOf(node) {
  const places = node.parents.map((x) => node.parents.indexOf(x));
  const key = node.parents
    .map((x, i) => (x.kind === "constant" && [0, 1, -1].includes(x.data) ? `=${numberText(x.data + 0)}` : places[i]))
    .join(" ");
  return node.row.ways[key] || node.row.ways[places.join(" ")] || node.row.ways[node.parents.map((_, i) => i).join(" ")];
}
