// The page: what one types and drags, and everything that follows from it.

const find = (selector) => document.querySelector(selector);
const state = {
  formula: "",
  values: {},
  ranges: {},
  learned: new Set(),
  rate: DEFAULT_RATE,
  many: DEFAULT_MANY,
  digits: DEFAULT_DIGITS,
  curve: "",
  open: "",
  at: 0,
  graph: null,
  leaves: [],
  terms: [],
  frames: [],
  failed: null,
  start: {},
  trail: [],
};
const picture = new Picture(find("#picture"), (node) => openReceipt(node.called === state.open ? "" : node.called));
let timer = null,
  running = null,
  pending = null;

// -- the formula -----------------------------------------------------------------------------------------------------
function isFormula(text, values) {
  try {
    const program = parse(text);
    return Boolean(new Recorder(program, leavesOf(program, values)).record());
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    return false;
  }
}

// Read what is typed; what is wrong is said with its place, and the picture stays that of the formula before.
function readFormula(text) {
  let program, leaves, graph;
  try {
    program = parse(text);
    leaves = leavesOf(program, state.values);
    graph = new Recorder(program, leaves).record();
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    sayProblem(error, text.replace(/\r\n?/g, "\n").trim());
    find("#formula").setAttribute("aria-invalid", "true");
    document.body.classList.add("stale");
    return false;
  }
  const before = state.leaves,
    atEnd = state.at >= state.frames.length - 1;
  stop();
  Object.assign(state, {formula: program.text, graph, leaves, trail: []});
  for (const name of leaves) {
    if (!Object.hasOwn(state.values, name)) state.values[name] = 1;
    if (!Object.hasOwn(state.start, name)) state.start[name] = state.values[name];
    if (!Object.hasOwn(state.ranges, name)) state.ranges[name] = rangeAround(state.values[name]);
  }
  if (leaves.join() !== before.join() && !state.chosen) state.learned = usualParameters(leaves);
  if (!leaves.includes(state.curve)) state.curve = leaves.find((name) => state.learned.has(name)) || leaves[0] || "";
  document.body.classList.remove("stale");
  if (leaves.join() !== before.join() || !find("#leaves").childElementCount) buildLeaves();
  picture.draw(graph, state.learned);
  refresh();
  go(atEnd ? Infinity : state.at);
  return true;
}

function sayProblem(error, text) {
  const problem = find("#problem");
  if (!error) {
    find("#formula").removeAttribute("aria-invalid");
    if (problem.textContent) problem.replaceChildren();
    return;
  }
  const message = html("strong", {}, error.message);
  if (error.at === null) return problem.replaceChildren(message);
  const start = text.lastIndexOf("\n", error.at - 1) + 1,
    end = text.indexOf("\n", error.at),
    line = text.slice(start, end < 0 ? text.length : end);
  const margin = line.slice(0, error.at - start).replace(/[^\t]/g, " ");
  problem.replaceChildren(message, html("span", {class: "place", "aria-hidden": "true"}, `\n${line}\n${margin}^`));
}

// -- both passes at the values of the leaves ---------------------------------------------------------------------------
function refresh() {
  const {graph, values} = state,
    atEnd = state.at >= state.frames.length - 1;
  state.failed = null;
  try {
    forward(graph, values);
    state.terms = backward(graph);
    if (!document.body.classList.contains("stale")) sayProblem(null); // else what is typed is still wrong
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    state.failed = error.node;
    state.terms = [];
    for (const node of graph.recorded) node.grad = NaN;
    if (!document.body.classList.contains("stale")) sayProblem(error, state.formula);
  }
  state.frames = framesOf(graph, state.terms, graph.order.includes(state.failed) ? state.failed : null);
  if (!state.frames.length) state.frames = [{phase: "seed", nodes: [graph.output]}];
  find("#position").max = state.frames.length - 1;
  document.body.classList.toggle("undefined", state.failed !== null);
  show(atEnd ? Infinity : state.at);
  showLeaves();
  showReceipt();
  fillTables(find, graph, state.terms, state.digits);
  if (state.failed) for (const body of find("#derivation").tBodies) body.replaceChildren();
  else fillDerivation(find, graph, state.digits);
  markLine(find, graph, state.frames[state.at]);
  showCurve();
  remember();
}

function show(at) {
  state.at = Math.max(0, Math.min(state.frames.length - 1, at));
  const frame = state.frames[state.at],
    seen = seenAt(state.frames, state.at, state.failed);
  picture.update({...seen, open: state.open});
  markLine(find, state.graph, frame);
  const [phase, symbols, numbers] = captionOf(state.graph, frame),
    where = `${phase}, step ${state.at + 1} of ${state.frames.length}`;
  for (const [part, text] of [
    ["phase", where],
    ["symbols", symbols],
    ["numbers", numbers],
  ])
    if (find(`#${part}`).textContent !== text) find(`#${part}`).textContent = text;
  find("#position").value = state.at;
  find("#position").setAttribute("aria-valuetext", `${where}: ${symbols}, ${numbers}`);
}

function go(at) {
  show(at);
  remember();
}

function stop() {
  clearInterval(timer);
  timer = null;
  find("#play").textContent = "▶ play";
}

function play() {
  if (timer !== null) return stop();
  if (state.at === state.frames.length - 1) go(0);
  find("#play").textContent = "❚❚ pause";
  timer = setInterval(() => (state.at === state.frames.length - 1 ? stop() : go(state.at + 1)), 900);
}

// -- leaves ------------------------------------------------------------------------------------------------------------
function buildLeaves() {
  find("#leaves").replaceChildren(
    ...state.leaves.map((name, i) => {
      const field = html("input", {
        id: `leaf${i}`,
        class: "value",
        inputmode: "decimal",
        autocomplete: "off",
        value: numberText(state.values[name], null),
      });
      const slider = html("input", {type: "range", class: "slider", "aria-label": `${name}, slider`});
      const learn = html("input", {type: "checkbox", "aria-label": `gradient descent moves ${name}`});
      setSlider(slider, name);
      learn.checked = state.learned.has(name);
      field.oninput = () => typed(name, field, slider);
      slider.oninput = () => {
        halt();
        state.values[name] = Number(slider.value);
        field.value = numberText(state.values[name], null);
        markField(field, "");
        state.trail = [];
        refresh();
      };
      learn.onchange = () => {
        state.learned[learn.checked ? "add" : "delete"](name);
        state.chosen = true;
        picture.draw(state.graph, state.learned);
        refresh();
      };
      return html(
        "div",
        {class: "leaf", "data-leaf": name},
        html("label", {for: `leaf${i}`, class: "name"}, name),
        html("span", {}, "="),
        field,
        slider,
        html("label", {class: "learn"}, learn, "learn"),
        html("output", {class: "slope"}),
        html("span", {class: "wrong", role: "alert"}),
      );
    }),
  );
  find("#curve-leaf").replaceChildren(...state.leaves.map((name) => html("option", {value: name}, name)));
  find("#curve-leaf").value = state.curve;
  document.body.classList.toggle("constant", !state.leaves.length);
}

function setSlider(slider, name) {
  const [low, high] = state.ranges[name];
  Object.assign(slider, {min: low, max: high, step: (high - low) / 200});
  slider.value = state.values[name];
}

function typed(name, field, slider) {
  const number = field.value.trim() === "" ? NaN : Number(field.value);
  if (!Number.isFinite(number)) return markField(field, `${name} needs a number`);
  markField(field, "");
  halt();
  state.values[name] = number;
  state.ranges[name] = rangeAround(number);
  setSlider(slider, name);
  state.trail = [];
  refresh();
}

function markField(field, problem) {
  field.toggleAttribute("aria-invalid", Boolean(problem));
  const wrong = field.parentElement.querySelector(".wrong");
  if (wrong.textContent !== problem) wrong.textContent = problem;
}

function showLeaves() {
  const output = state.graph.output.called;
  for (const row of document.querySelectorAll(".leaf")) {
    const leaf = state.graph.leaves.find((node) => node.name === row.dataset.leaf);
    row.querySelector(".slope").textContent = state.failed ? "" : `∂${output}/∂${leaf.called} = ${numberText(leaf.grad, state.digits)}`;
  }
}

// The fields and sliders after something else than a hand has changed the values.
function syncLeaves() {
  for (const row of document.querySelectorAll(".leaf")) {
    const name = row.dataset.leaf,
      [low, high] = state.ranges[name];
    if (state.values[name] < low || state.values[name] > high) state.ranges[name] = rangeAround(state.values[name]);
    row.querySelector(".value").value = numberText(state.values[name], 6);
    markField(row.querySelector(".value"), "");
    setSlider(row.querySelector(".slider"), name);
  }
}

// -- receipt and curve -------------------------------------------------------------------------------------------------
function openReceipt(name) {
  state.open = name;
  show(state.at);
  showReceipt();
  const lines = find("#receipt pre").textContent.split("\n");
  say(name ? `receipt: ${lines.join("; ")}` : "the receipt is closed");
  remember();
}

function showReceipt() {
  const node = [...state.graph.order, ...state.graph.leaves].find((x) => x.called === state.open && x.kind !== "constant");
  find("#receipt").hidden = !node;
  find("#tip").hidden = Boolean(node);
  if (!node) return;
  find("#receipt h2").textContent = `Where ∂${state.graph.output.called}/∂${node.called} comes from`;
  find("#receipt pre").textContent = state.failed
    ? "no gradient: the formula is not defined here"
    : receipt(state.graph, state.terms, node).join("\n");
}

function showCurve() {
  const {graph, values, curve: name, failed} = state,
    svg = find("#curve");
  if (!name) return svg.replaceChildren();
  const grads = new Map([...graph.recorded].map((node) => [node, [node.data, node.local]]));
  const points = sampled(graph, values, name, state.ranges[name]);
  for (const [node, [value, local]] of grads) Object.assign(node, {data: value, local});
  const leaf = graph.leaves.find((node) => node.name === name),
    output = graph.output.called;
  const point = {x: values[name], y: failed ? null : graph.output.data, slope: failed ? null : leaf.grad};
  state.below = drawCurve(svg, {
    name: leaf.called,
    output,
    points,
    range: state.ranges[name],
    point,
    trail: state.trail.map((old) => old[name]).filter(Boolean),
  });
  const text = failed
    ? `${output} is not defined at ${name} = ${numberText(point.x)}`
    : `at ${leaf.called} = ${numberText(point.x)}: ${output} = ${numberText(point.y)},
slope ∂${output}/∂${leaf.called} = ${numberText(point.slope)}`;
  svg.setAttribute("aria-label", `curve of ${output} against ${leaf.called}; ${text}`);
  find("#curve-text").textContent = text;
}

// -- the address ---------------------------------------------------------------------------------------------------------
function remember() {
  clearTimeout(pending);
  if (location.protocol !== "about:") pending = setTimeout(() => history.replaceState(null, "", addressOf(state)), 250);
}

// Take a state over; one whose formula cannot be read is said to be wrong, and leaves the page as it is.
function restore(given) {
  halt();
  if (!isFormula(given.formula, given.values)) {
    if (!state.graph) restore(initial);
    find("#formula").value = given.formula;
    fitFormula();
    return readFormula(given.formula);
  }
  Object.assign(state, {
    values: Object.assign(Object.create(null), given.values),
    start: Object.assign(Object.create(null), given.values),
    ranges: Object.create(null),
    rate: given.rate,
    many: given.many,
    digits: given.digits,
    curve: given.curve || "",
    open: given.open || "",
    leaves: [],
    frames: [],
    at: Infinity,
    trail: [],
    learned: given.learned || new Set(),
    chosen: given.learned !== null,
  });
  Object.assign(find("#formula"), {value: given.formula});
  find("#rate").value = String(given.rate);
  find("#many").value = String(given.many);
  find("#digits").value = String(given.digits);
  find("#leaves").replaceChildren();
  fitFormula();
  const read = readFormula(given.formula);
  if (read && given.step) go(given.step - 1);
  return read;
}
