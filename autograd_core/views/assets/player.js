(function (root, graph) {
  "use strict";
  if (!root) return;
  HELPERS
  const rows = ROWS;

  const nodes = graph.nodes, frames = graph.frames;
  nodes.forEach((node) => { node.data = Number(node.data); });
  const find = (selector) => root.querySelector(selector);
  const format = (x) => {
    if (Number.isNaN(x)) return "nan";
    if (!Number.isFinite(x)) return x > 0 ? "inf" : "-inf";
    if (x === 0) return Object.is(x, -0) ? "-0" : "0";
    // As Python's format(x, ".6g"); where x lies between two such numbers, Python takes the even one.
    const tie = x.toExponential(60).match(/^(-?\d\.\d{4}[02468])50+(e.*)/);
    const text = tie ? tie[1] + tie[2] : x.toExponential(5), power = Number(text.split("e")[1]);
    if (power >= -4 && power < 6) return String(Number(text));
    const [, digits, sign, exponent] = text.match(/^(.*?)\.?0*e([+-])(\d+)$/);
    return digits + "e" + sign + exponent.padStart(2, "0");
  };
  const bracket = (x) => (x < 0 ? "(" + format(x) + ")" : format(x));

  // Both passes over the whole graph: the value of every node, and every backward term with its running sum.
  function run() {
    nodes.forEach((node) => {
      if (node.row === null) return;
      const inputs = node.parents.map((p) => (nodes[p].row === null ? nodes[p].data : nodes[p].value));
      node.value = rows[node.row].value(...inputs);
      node.data = Number(node.value);
      node.local = rows[node.row].derivatives(node.data, ...inputs);
    });
    // null stands for the zero that cuts a path: nothing flows, not even beside an infinite derivative.
    nodes.forEach((node) => { node.grad = null; });
    frames.forEach((frame) => {
      if (frame.phase === "seed") nodes[frame.node].grad = 1;
      if (frame.phase !== "backward") return;
      const upstream = nodes[frame.consumer].grad, local = nodes[frame.consumer].local[frame.position];
      const flows = upstream !== null && local !== null;
      if (flows) nodes[frame.node].grad += upstream * local;
      frame.upstream = Number(upstream);
      frame.local = Number(local);
      frame.contribution = flows ? upstream * local : 0;
      frame.total = Number(nodes[frame.node].grad);
    });
    nodes.forEach((node) => { node.grad = Number(node.grad); });
  }

  function caption(frame) {
    const node = nodes[frame.node];
    if (frame.phase === "forward") {
      const numbers = node.template.replace(/\{(\d+)\}/g, (_, i) => bracket(nodes[node.parents[i]].data));
      return ["Forward", node.row === null ? node.name : node.name + " = " + node.expression, (node.row === null ? "" : numbers + " = ") + format(node.data)];
    }
    const output = nodes[graph.output].name, of = "∂" + output + "/∂";
    if (frame.phase === "seed") return ["Seed", of + output, "1"];
    const consumer = nodes[frame.consumer], formula = frame.formula || "";
    const symbols = of + node.name + " += " + of + consumer.name + " · ∂" + consumer.name + "/∂" + node.name + (formula ? " = " + of + consumer.name + " · " + formula : "");
    return ["Backward", symbols, bracket(frame.upstream) + " · " + bracket(frame.local) + " = " + format(frame.contribution) + ",  sum " + format(frame.total)];
  }

  let at = frames.length - 1, timer = null;
  const slider = find(".position"), playButton = find(".play");

  function show() {
    const frame = frames[at], seen = new Set(), totals = new Map();
    frames.slice(0, at + 1).forEach((f) => {
      if (f.phase === "forward") seen.add(f.node);
      if (f.phase === "seed") totals.set(f.node, 1);
      if (f.phase === "backward") totals.set(f.node, f.total);
    });
    nodes.forEach((node, i) => {
      const group = find('[data-node="' + i + '"]');
      if (!group) return;
      group.classList.toggle("now", i === frame.node || i === frame.consumer);
      group.classList.toggle("pending", !seen.has(i) && node.sort !== "constant");
      const data = group.querySelector(".data"), grad = group.querySelector(".grad");
      if (data) data.textContent = seen.has(i) || node.sort === "constant" ? "data " + format(node.data) : "data ?";
      if (grad) grad.textContent = totals.has(i) ? "grad " + format(totals.get(i)) : "grad";
    });
    root.querySelectorAll(".edge").forEach((edge) => {
      const into = Number(edge.dataset.consumer), position = Number(edge.dataset.position);
      const forward = frame.phase === "forward" && into === frame.node;
      const backward = frame.phase === "backward" && into === frame.consumer && position === frame.position;
      edge.classList.toggle("now", forward || backward);
      const label = edge.querySelector("text");
      if (label) label.textContent = frames.some((f, i) => i <= at && f.consumer === into && f.position === position) ? format(nodes[into].local[position]) : "";
    });
    const [phase, symbols, numbers] = caption(frame);
    find(".phase").textContent = phase + ", step " + (at + 1) + " of " + frames.length;
    find(".symbols").textContent = symbols;
    find(".numbers").textContent = numbers;
    slider.value = at;
    find(".jump").value = frame.node;
    reveal([frame.node, ...(frame.phase === "backward" ? [frame.consumer] : [])]);
    slider.setAttribute("aria-valuetext", phase + ": " + symbols + " " + numbers);
  }

  // Scroll the picture, and nothing else, until the nodes are in sight; where they do not fit together, the first.
  function reveal(wanted) {
    const view = find(".picture"), inside = view.getBoundingClientRect();
    const places = wanted.map((i) => find('[data-node="' + i + '"]').getBoundingClientRect());
    for (const [start, end, scroll] of [["left", "right", "scrollLeft"], ["top", "bottom", "scrollTop"]]) {
      let low = Math.min(...places.map((place) => place[start])), high = Math.max(...places.map((place) => place[end]));
      if (high - low > inside[end] - inside[start]) [low, high] = [places[0][start], places[0][end]];
      if (low < inside[start] || high > inside[end]) view[scroll] += (low + high - inside[start] - inside[end]) / 2;
    }
  }

  function go(step) {
    at = Math.max(0, Math.min(frames.length - 1, step));
    show();
  }

  function stop() {
    clearInterval(timer);
    timer = null;
    playButton.textContent = "play";
    playButton.setAttribute("aria-label", "Play");
  }

  function toggle() {
    if (timer !== null) return stop();
    if (at === frames.length - 1) go(0);
    playButton.textContent = "pause";
    playButton.setAttribute("aria-label", "Pause");
    timer = setInterval(() => { if (at === frames.length - 1) stop(); else go(at + 1); }, 900);
  }

  find(".first").onclick = () => { stop(); go(0); };
  find(".back").onclick = () => { stop(); go(at - 1); };
  find(".next").onclick = () => { stop(); go(at + 1); };
  find(".last").onclick = () => { stop(); go(frames.length - 1); };
  playButton.onclick = toggle;
  slider.oninput = () => { stop(); go(Number(slider.value)); };
  find(".jump").onchange = (event) => {
    stop();
    const wanted = Number(event.target.value);
    go(frames.findIndex((f) => f.node === wanted));
  };
  root.querySelectorAll("[data-node]").forEach((group) => {
    const first = frames.findIndex((f) => f.node === Number(group.dataset.node));
    if (first >= 0) group.onclick = () => { stop(); go(first); };
    // The width of a text is known only here: one that is wider than its box is squeezed into it.
    const title = group.querySelector(".title"), room = group.querySelector(".body").getBBox().width - 8;
    if (title.getComputedTextLength() > room) { title.setAttribute("textLength", room); title.setAttribute("lengthAdjust", "spacingAndGlyphs"); }
  });
  root.addEventListener("keydown", (event) => {
    if (["INPUT", "SELECT"].includes(event.target.tagName) && event.target !== slider) return;
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const moves = { ArrowRight: 1, ArrowLeft: -1, Home: -frames.length, End: frames.length };
    if (event.key in moves) { stop(); go(at + moves[event.key]); }
    else if (event.key === " " && event.target.tagName !== "BUTTON") toggle();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  root.querySelectorAll(".leaves input").forEach((input) => {
    input.oninput = () => {
      const number = input.value.trim() === "" ? NaN : Number(input.value);
      const problem = find(".problem");
      if (!Number.isFinite(number)) { problem.textContent = input.dataset.name + " needs a number"; return; }
      nodes[Number(input.dataset.leaf)].data = number;
      run();
      const broken = nodes.find((node) => !Number.isFinite(node.data) && node.parents.length > 0 && node.parents.every((p) => Number.isFinite(nodes[p].data)));
      problem.textContent = broken ? broken.name + " is not defined there (" + format(broken.data) + ")" : "";
      show();
    };
  });
  // JupyterLab takes no key from an element with this mark: else a letter in the list of nodes makes or deletes a cell.
  for (const part of [root, ...root.querySelectorAll(".picture, button, select, input")]) part.dataset.lmSuppressShortcuts = "true";
  slider.max = frames.length - 1;
  root.classList.add("running");
  root.dataset.ready = "yes";
  run();
  go(0);
  root.autograd = Object.assign(graph, { rows, format });
  // Not the first of this id: a page may show one output twice, and each copy has a script of its own.
})([...document.querySelectorAll('[id="ROOT"]')].find((root) => !root.classList.contains("running")), GRAPH);
