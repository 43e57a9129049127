// A program as a graph of rows, and both passes over it: the rules are the rows of `data`, printed from the table.

const LIMIT = 300; // nodes that a person can look at

const family = (name, c) => {
  const found = data.families[name],
    key = numberText(c === 0 ? 0 : c, null);
  if (Object.hasOwn(found.at, key)) return found.at[key];
  if (!found.between.length)
    throw new ExpressionError(`a page knows ${name} with the constants ${Object.keys(found.at).join(", ")}, not ${repr(c)}`);
  const row = found.between[found.branches.filter((branch) => c > branch).length](c);
  const fill = (text) =>
    text.replace(/\{(c|\(c - 1\)|\(1 - c\))\}/g, (_, form) => numberText({"c": c, "(c - 1)": c - 1, "(1 - c)": 1 - c}[form], null));
  const facts = JSON.parse(fill(JSON.stringify(row)));
  if (Number.isInteger(c)) facts.domain = found.whole; // x ** 13 is defined for every x, x ** 13.5 is not
  return (found.at[key] = Object.assign(facts, {value: row.value, derivatives: row.derivatives}));
};

class Recorder {
  constructor(program, leaves) {
    this.program = program;
    this.nodes = [];
    this.known = Object.create(null); // names such as constructor are names like any other
    for (const name of leaves) this.known[name] = this.node({name, kind: "leaf"});
  }

  node(fields) {
    const node = {row: null, parents: [], name: null, at: null, ...fields, id: this.nodes.length};
    if (this.nodes.push(node) > 5 * LIMIT)
      throw new ExpressionError(`the graph has more nodes than one can look at (${LIMIT}): take a part of it`);
    return node;
  }

  record() {
    let result = null;
    for (const {name, value} of this.program.statements) {
      result = this.evaluate(value);
      if (name !== null) {
        if (result.row !== undefined && result.name === null) result.name = name;
        this.known[name] = result;
      }
    }
    result = this.number(result, this.program.statements[this.program.statements.length - 1].value);
    if (typeof result === "number") result = this.node({kind: "leaf", data: result, fixed: true});
    if (result.name === null) {
      result.name = "output";
      for (let i = 2; Object.hasOwn(this.known, result.name); i++) result.name = `output${i}`;
    }
    return graphOf(this.nodes, result);
  }

  number(x, part) {
    if (!Array.isArray(x)) return x;
    throw new ExpressionError(
      `a list of ${x.length} numbers stands where a number is needed: take one with [0], or give it to dot`,
      part.at,
    );
  }

  evaluate(part) {
    if (part.kind === "number") return numberValue(part.text);
    if (part.kind === "name") return Object.hasOwn(this.known, part.name) ? this.known[part.name] : data.constants[part.name];
    if (part.kind === "list") return part.parts.map((x) => this.evaluate(x));
    if (part.kind === "unary") {
      const x = this.number(this.evaluate(part.value), part);
      return part.sign === "+" ? x : typeof x === "number" ? -x : this.apply(data.rows.neg, [x], part);
    }
    if (part.kind === "binary") {
      const left = this.number(this.evaluate(part.left), part),
        right = this.number(this.evaluate(part.right), part);
      return part.sign === "**" ? this.power(left, right, part) : this.apply(data.rows[part.sign], [left, right], part);
    }
    if (part.kind === "element") return this.element(this.evaluate(part.value), numberValue(part.index.text), part);
    return this.call(part);
  }

  element(numbers, i, part) {
    if (!Array.isArray(numbers)) {
      throw new ExpressionError(
        `${oneLine(unparse(part))} is not understood: only ${data.givesLists.join(" and ")} give lists, from which one takes a number`,
        part.at,
      );
    }
    if (i >= numbers.length)
      throw new ExpressionError(`there is no [${i}] in a list of ${numbers.length} numbers, which are counted from 0`, part.at);
    return numbers[i];
  }

  call(part) {
    const name = part.function.name,
      kind = data.functions[name];
    const given = part.parts.map((x) => this.evaluate(x));
    if (!kind.sequence) given.forEach((x) => this.number(x, part));
    if (kind.kind === "list") return this.list(name, given, part);
    if (kind.kind === "power") return this.power(given[0], given[1], part);
    if (kind.kind === "row") return this.apply(data.rows[kind.row], given, part);
    const constant = given.length > 1 ? given[1] : data.families[name].default;
    if (typeof constant !== "number") {
      throw new ExpressionError("a plain number is needed, not a Value: use it directly in the expression, or take its .data", part.at);
    }
    if (name === "sinc" && (constant < 0 || constant > 60 || constant % 1))
      throw new ExpressionError(`the order of a derivative of sinc is 0, 1, 2, ... up to 60, not ${repr(constant)}`, part.at);
    return this.apply(
      this.placed(() => family(name, constant), part),
      given.slice(0, 1),
      part,
    );
  }

  power(x, y, part) {
    // a constant exponent takes any base
    return typeof y === "number"
      ? this.apply(
          this.placed(() => family("**", y), part),
          [x],
          part,
        )
      : this.apply(data.rows.pow, [x, y], part);
  }

  placed(f, part) {
    try {
      return f();
    } catch (error) {
      throw error instanceof ExpressionError ? new ExpressionError(error.message, part.at) : error;
    }
  }

  // A function that is made of several rows: they were recorded for each number of operands.
  list(name, given, part) {
    const refuse = (message) => {
      throw new ExpressionError(message, part.at);
    };
    const kind = (x) => (typeof x === "number" ? "float" : "Value");
    if (data.functions[name].sequence) {
      if (name === "dot" && (given.length < 2 || given.length > 3)) {
        refuse(
          given.length < 2
            ? `dot() missing ${["2 required positional arguments: 'w' and 'x'", "1 required positional argument: 'x'"][given.length]}`
            : `dot() takes from 2 to 3 positional arguments but ${given.length} were given`,
        );
      }
      if (name === "logsumexp" && given.length !== 1) {
        refuse(
          given.length
            ? `logsumexp takes one list of numbers, and was given ${given.length} arguments: write logsumexp([x, y])`
            : "logsumexp() missing 1 required positional argument: 'xs'",
        );
      }
      for (const x of given.slice(0, 2)) {
        if (!Array.isArray(x)) refuse(`${name} takes a list, not ${kind(x)}: write ${name}([x, y])`);
      }
      if (name === "dot" && (given[0].length !== given[1].length || !given[0].length)) {
        refuse(`dot needs as many weights as inputs, and at least one: given ${given[0].length} weights and ${given[1].length} inputs`);
      }
      if (!given[0].length) return name === "prod" ? 1 : refuse(`${name} needs at least one number, and was given an empty list`);
      given = given.flat();
    }
    given.forEach((x) => this.number(x, part));
    const recording = data.lists[name][given.length];
    if (!recording)
      refuse(`a page takes lists of at most ${data.longest} numbers, not ${Math.ceil(given.length / (name === "dot" ? 2 : 1))}`);
    const found = [...given];
    for (const [key, operands] of recording.steps) {
      found.push(
        this.apply(
          data.rows[key],
          operands.map((x) => (Array.isArray(x) ? x[0] : found[x])),
          part,
        ),
      );
    }
    const results = recording.results.map((i) => found[i]);
    return recording.isList ? results : results[0];
  }

  apply(row, operands, part) {
    if (operands.every((x) => typeof x === "number")) {
      try {
        return Number(row.value(...operands));
      } catch (error) {
        throw new ExpressionError(refusal(row, error, operands, []), part.at);
      }
    }
    const parents = operands.map((x) => (typeof x === "number" ? this.node({kind: "constant", data: x}) : x));
    return this.node({kind: "operation", row, parents, at: part.at});
  }
}

// What is not defined there: the operation, its operands and their nodes, and what it needs.
function refusal(row, error, operands, names) {
  if (!(error instanceof DomainError || error instanceof Overflow)) throw error;
  const labels = operands.map((_, i) => (operands.length <= 3 ? "xyz"[i] : `x${i + 1}`));
  const nodes = labels
    .map((label, i) => (names[i] ? `${label} is the node '${names[i]}'` : ""))
    .filter(Boolean)
    .join(", ");
  const where = `${row.name} at ${labels.map((label, i) => `${label} = ${repr(operands[i])}`).join(", ")}${nodes ? ` (${nodes})` : ""}`;
  if (error instanceof Overflow) return `${where} overflows: the result is larger than any float (1.8e308)`;
  return `${where} is not defined${row.domain ? `: it needs ${row.domain}` : ""}`;
}

// -- the graph of an output: its nodes in topological order, and what they are called -------------------------------------
function graphOf(recorded, output) {
  const order = [],
    seen = new Set(),
    stack = [output];
  while (stack.length) {
    const node = stack.pop();
    if (node === null) order.push(stack.pop());
    else if (!seen.has(node)) {
      seen.add(node);
      stack.push(node, null, ...[...node.parents].reverse());
    }
  }
  if (order.length > LIMIT)
    throw new ExpressionError(`the graph has ${order.length} nodes, more than one can look at (${LIMIT}): take a part of it`);
  const given = new Set(recorded.map((node) => node.name)),
    used = new Map();
  let count = 0;
  for (const node of [...order, ...recorded.filter((x) => x.kind === "leaf" && !seen.has(x))]) {
    if (node.kind === "constant") {
      node.called = numberText(node.data, null);
      continue;
    }
    let name = node.name;
    if (name === null) {
      do {
        count++;
      } while (given.has(`v${count}`));
      name = `v${count}`;
    }
    used.set(name, (used.get(name) || 0) + 1);
    while (used.get(name) > 1 && used.has(`${name}#${used.get(name)}`)) used.set(name, used.get(name) + 1);
    if (used.get(name) > 1) {
      name = `${name}#${used.get(name)}`;
      used.set(name, 1);
    }
    node.called = name;
  }
  order.forEach((node, i) => {
    node.key = i;
  });
  return {recorded, order, output, leaves: recorded.filter((node) => node.kind === "leaf" && !node.fixed)};
}

// -- both passes ---------------------------------------------------------------------------------------------------------
// The forward pass at some values of the leaves; an ExpressionError with the place of what is not defined, and its node.
function forward(graph, values) {
  for (const node of graph.recorded) {
    if (node.kind === "operation") node.data = node.local = null;
    else if (node.kind === "leaf" && !node.fixed) node.data = values[node.name];
  }
  for (const node of graph.recorded) {
    if (node.kind !== "operation") continue;
    const operands = node.parents.map((parent) => parent.data);
    try {
      node.data = Number(node.row.value(...operands)); // null, the zero that cuts a path, is a number like any other
      node.local = node.row.derivatives(node.data, ...operands);
    } catch (error) {
      node.data = node.local = null;
      const refused = new ExpressionError(
        refusal(
          node.row,
          error,
          operands,
          node.parents.map((parent) => parent.name),
        ),
        node.at,
      );
      refused.node = node;
      throw refused;
    }
  }
}

// The terms of the backward pass, in the order in which they are added. null stands for the zero that cuts a path: nothing flows.
function backward(graph) {
  const total = new Map([[graph.output, 1]]);
  const found = [{node: graph.output, consumer: null, position: null, upstream: 1, local: 1, contribution: 1, total: 1}];
  for (const node of [...graph.order].reverse()) {
    const upstream = total.has(node) ? total.get(node) : null;
    node.parents.forEach((parent, position) => {
      const local = node.local[position],
        contribution = flow(upstream, local);
      total.set(parent, joined(total.has(parent) ? total.get(parent) : null, contribution));
      const numbers = [upstream, local, contribution, total.get(parent)].map(Number);
      if (parent.kind !== "constant") {
        found.push({
          node: parent,
          consumer: node,
          position,
          upstream: numbers[0],
          local: numbers[1],
          contribution: numbers[2],
          total: numbers[3],
        });
      }
    });
  }
  for (const node of [...graph.order, ...graph.leaves]) node.grad = Number(total.has(node) ? total.get(node) : null);
  return found;
}

const flow = (upstream, local) => (upstream === null || local === null ? null : upstream * local);
const joined = (total, term) => (term === null ? total : (total === null ? 0 : total) + term);
