(function (root, graph) {
  "use strict";
  if (!root) return;
  HELPERS
  const rows = ROWS;

  ENGINE

  const nodes = graph.nodes, frames = graph.frames, rules = graph.rules, digits = graph.digits;
  nodes.forEach((node) => { node.data = Number(node.data); node.grad = Number(node.grad); });
  const find = (selector) => root.querySelector(selector), all = (selector) => [...root.querySelectorAll(selector)];
  const format = (x) => formatNumber(x, digits);
  const slider = find(".position"), playButton = find(".play"), picture = find(".picture");
  // A page of its own, or the whole screen, belongs to the first player on it.
  const isPage = document.body.classList.contains("agc-page") && root === document.querySelector(".agc-player");
  const asks = root.classList.contains("present");
  const edgeOf = new Map();  // "consumer,position" -> the term that flows along the edge
  graph.terms.forEach((term, i) => edgeOf.set(term.consumer + "," + term.position, i));
  let at = frames.length - 1, hidden = false, timer = null, layout = null;

  // -- what is shown ---------------------------------------------------------------------------------------------
  // What is known at the current frame: values, gradients (each as the reference to its number), and local derivatives.
  function knownNow() {
    const data = new Set(), grads = new Map(), terms = new Set();
    frames.slice(0, at + 1).forEach((frame, i) => {
      if (hidden && i === at) return;
      frame.data.forEach((key) => data.add(key));
      frame.grads.forEach(([key, number]) => grads.set(key, number));
      frame.terms.forEach((i) => terms.add(i));
    });
    return { data, grads, terms };
  }

  function show() {
    const frame = frames[at], known = knownNow();
    all("[data-node]").forEach((group) => showNode(group, frame, known));
    all(".edge:not(.rail)").forEach((edge) => showEdge(edge, frame, known));
    all("[data-part]").forEach((part) => {
      const key = Number(part.dataset.part);
      part.classList.toggle("now", key === frame.now[0]);
      part.classList.toggle("reads", key !== frame.now[0] && frame.now.includes(key));
    });
    showCaption(frame);
    const results = graph.outputs.map((i) => nodes[i].name + " = " + (asks && !known.data.has(i) ? "?" : format(nodes[i].data)));
    find(".result").textContent = results.join(", ");
    slider.value = at;
    const jump = find(".jump");
    if (!frame.now.includes(Number(jump.value)) || !frame.data.length) jump.value = frame.now[0];
    reveal(frame.now);
  }

  function showNode(group, frame, known) {
    const key = Number(group.dataset.node), node = nodes[key], isGiven = node.sort === "constant";
    group.classList.toggle("now", frame.now.includes(key));
    group.classList.toggle("differs", isDifferent(key));
    group.classList.toggle("pending", !known.data.has(key) && !isGiven);
    const data = group.querySelector(".data"), grad = group.querySelector(".grad");
    const own = group.dataset.grad === undefined ? key : Number(group.dataset.grad), number = known.grads.get(own);
    if (data) write(data, group.dataset.before + (known.data.has(key) ? format(node.data) : "?"));
    if (grad) write(grad, number ? group.dataset.beforeGrad + format(numberOf(graph, number)) : group.dataset.beforeGrad.trim());
  }

  // Whether the first number that a wrong rule gives otherwise stands there, and has been shown.
  function isDifferent(key) {
    const first = graph.difference;
    return first !== null && first.frame >= 0 && key === first.node && (at > first.frame || (at === first.frame && !hidden));
  }

  function showEdge(edge, frame, known) {
    const { consumer, position } = edge.dataset, term = edgeOf.get(consumer + "," + position);
    edge.classList.toggle("now", frame.edges.some(([head, place]) => head === Number(consumer) && place === Number(position)));
    const label = edge.querySelector("text");
    if (label && !edge.classList.contains("weight")) write(label, known.terms.has(term) ? format(graph.terms[term].local) : "");
    if (edge.dataset.weight !== undefined) showWeight(edge, label, known);
  }

  // An arrow of a network carries its weight; once the gradient by it is known, that.
  function showWeight(edge, label, known) {
    const key = Number(edge.dataset.weight), weight = nodes[key].data * Number(edge.dataset.sign), number = known.grads.get(key);
    edge.classList.toggle("negative", weight < 0);
    edge.classList.toggle("positive", weight > 0);
    edge.classList.toggle("known", number !== undefined);
    if (label) write(label, number ? "∂ " + format(numberOf(graph, number)) : format(weight));
  }

  // The width of a text is known only here: one that is wider than its place is squeezed into it.
  function write(text, content) {
    if (text.textContent === content) return;
    text.textContent = content;
    squeeze(text);
  }

  function squeeze(text) {
    const room = Number(text.dataset.room);
    text.removeAttribute("textLength");
    if (!(text.getComputedTextLength() > room)) return;
    text.setAttribute("textLength", room);
    text.setAttribute("lengthAdjust", "spacingAndGlyphs");
  }

  function showCaption(frame) {
    const numbers = filledCaption(graph, frame.numbers, digits, hidden);
    find(".phase").textContent = frame.phase + ", step " + (at + 1) + " of " + frames.length;
    find(".symbols").textContent = frame.symbols;
    find(".numbers").textContent = numbers;
    find(".answer").hidden = !hidden;
    const difference = find(".difference");
    if (difference) difference.classList.toggle("shown", isDifferent(graph.difference.node) || at === frames.length - 1);
    slider.setAttribute("aria-valuetext", frame.phase + ": " + frame.symbols + " " + numbers);
  }

  // Scroll the picture, and nothing else, until the nodes are in sight; where they do not fit together, the first.
  function reveal(wanted) {
    const inside = picture.getBoundingClientRect();
    const places = wanted.map((i) => find('[data-node="' + i + '"]')).filter(Boolean).map((group) => group.getBoundingClientRect());
    if (!places.length) return;
    for (const [start, end, scroll] of [["left", "right", "scrollLeft"], ["top", "bottom", "scrollTop"]]) {
      let low = Math.min(...places.map((place) => place[start])), high = Math.max(...places.map((place) => place[end]));
      if (high - low > inside[end] - inside[start]) [low, high] = [places[0][start], places[0][end]];
      if (low < inside[start] || high > inside[end]) picture[scroll] += (low + high - inside[start] - inside[end]) / 2;
    }
  }

  // -- how large it is -------------------------------------------------------------------------------------------
  // Of the two layouts, the one that is larger where it has to fit; one that would be too small to read scrolls instead.
  function fit() {
    const width = picture.clientWidth, isFilled = (isPage && root.parentElement === document.body) || document.fullscreenElement === root;
    const room = document.body.classList.contains("agc-page") ? Math.max(360, 0.55 * innerHeight) : 560; // the words below stay in sight
    const height = isFilled ? picture.clientHeight : Math.min(room, parseFloat(getComputedStyle(picture).maxHeight) || 0.7 * innerHeight);
    if (!width || !height) return;
    const least = innerWidth < 600 ? 0.9 : 0.6, most = isFilled ? 4 : document.body.classList.contains("agc-page") ? 2.5 : 1.4;
    const choices = graph.pictures.map((svg) => {
      const [w, h] = svg.match(/viewBox="\S+ \S+ (\S+) (\S+)"/).slice(1).map(Number);
      return { svg, w, whole: Math.min(width / w, height / h), across: width / w };
    });
    choices.sort((a, b) => Math.min(b.whole, most) - Math.min(a.whole, most));
    let best = choices[0], scale = Math.min(best.whole, most);
    if (scale < least) {  // one direction scrolls: rather down than across
      best = choices.find((choice) => choice.across >= least && choice !== choices[0]) || best;
      scale = Math.max(least, Math.min(1, best.across));
    }
    if (layout !== best.svg) draw(best.svg);
    find("svg").style.width = best.w * scale + "px";
    reveal(frames[at].now);
  }

  function draw(svg) {
    layout = svg;
    picture.innerHTML = svg;
    picture.querySelectorAll("text[data-room]").forEach(squeeze);
    picture.querySelectorAll("[data-node]").forEach((group) => {
      const first = frames.findIndex((frame) => frame.now[0] === Number(group.dataset.node) || frame.data.includes(Number(group.dataset.node)));
      if (first >= 0) group.onclick = () => { stop(); go(first); };
    });
    show();
  }

  // -- how it moves ----------------------------------------------------------------------------------------------
  function go(step, ask) {
    stepTo(step, ask);
    // Players side by side step together.
    const group = root.closest(".agc-players");
    if (group) group.querySelectorAll(".agc-player.running").forEach((other) => { if (other !== root) other.autograd.stepTo(step, ask); });
  }

  function stepTo(step, ask) {
    at = Math.max(0, Math.min(frames.length - 1, step));
    hidden = Boolean(ask) && frames[at].numbers.some((piece) => piece[3]);
    show();
  }

  // Where a lecturer asks first, one step is the question and the next its answer.
  function next() {
    if (hidden) go(at);
    else if (at < frames.length - 1) go(at + 1, asks);
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
    timer = setInterval(() => { if (at === frames.length - 1 && !hidden) stop(); else next(); }, 900);
  }

  function black(isOn) { root.classList.toggle("black", isOn); }

  function press(event) {
    // What one types into a field stays there; a clicker, which sends Page Up and Page Down, always moves on.
    const isField = ["INPUT", "SELECT"].includes(event.target.tagName) && event.target !== slider;
    if (isField && !event.key.startsWith("Page")) return;
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const moves = {
      ArrowRight: next, PageDown: next, ArrowLeft: () => go(at - 1), PageUp: () => go(at - 1), Home: () => go(0), End: () => go(frames.length - 1),
    };
    // In a notebook, which is scrolled and edited by keys, a player takes no more of them than it needs.
    const isLecture = isPage || asks || document.fullscreenElement === root;
    if (isLecture) Object.assign(moves, { ArrowDown: next, ArrowUp: moves.ArrowLeft });
    if (root.classList.contains("black")) black(false);
    else if (isLecture && event.key.toLowerCase() === "b") black(true);
    else if (event.key in moves) { stop(); moves[event.key](); }
    else if (event.key === " " && !["BUTTON", "SUMMARY"].includes(event.target.tagName)) { if (asks) { stop(); next(); } else toggle(); }
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  function readLeaf(input) {
    const number = input.value.trim() === "" ? NaN : Number(input.value), problem = find(".problem");
    if (!Number.isFinite(number)) { problem.textContent = input.dataset.name + " needs a number"; return; }
    nodes[Number(input.dataset.leaf)].data = number;
    compute();
    problem.textContent = problemOf(graph, rows, rules);
    show();
  }

  function compute() {
    if (graph.recorded) {  // by a rule that the page does not know
      graph.terms.forEach((term) => ["upstream", "local", "contribution", "total"].forEach((kind) => { term[kind] = Number(term[kind]); }));
      return;
    }
    forwardPass(graph, rows);
    backwardPass(graph);
  }

  function listen() {
    find(".first").onclick = () => { stop(); go(0); };
    find(".back").onclick = () => { stop(); go(at - 1); };
    find(".next").onclick = () => { stop(); next(); };
    find(".last").onclick = () => { stop(); go(frames.length - 1); };
    find(".answer").onclick = () => { stop(); next(); };
    playButton.onclick = toggle;
    slider.oninput = () => { stop(); go(Number(slider.value)); };
    find(".jump").onchange = (event) => {
      stop();
      const wanted = Number(event.target.value), first = frames.findIndex((frame) => frame.now[0] === wanted);
      go(first < 0 ? frames.findIndex((frame) => frame.data.includes(wanted)) : first);
    };
    root.addEventListener("keydown", press);
    if (isPage) document.addEventListener("keydown", press);  // keys reach it without a click
    all(".leaves input").forEach((input) => { input.oninput = () => readLeaf(input); });
    find(".full").hidden = isPage || !document.fullscreenEnabled;
    find(".full").onclick = () => { if (document.fullscreenElement) document.exitFullscreen(); else root.requestFullscreen(); };
    document.addEventListener("fullscreenchange", fit);
    addEventListener("resize", fit);  // of players side by side the window's height decides, which their own boxes do not show
    new ResizeObserver(fit).observe(picture);
    // JupyterLab takes no key from an element with this mark: else a letter in the list of nodes makes or deletes a cell.
    for (const part of [root, ...all(".picture, button, select, input")]) part.dataset.lmSuppressShortcuts = "true";
  }

  graph.pictures.unshift(find("svg").outerHTML);
  slider.max = frames.length - 1;
  root.classList.add("running");
  root.dataset.ready = "yes";
  compute();
  listen();
  at = 0;
  fit();
  if (layout === null) draw(graph.pictures[0]);
  root.autograd = Object.assign(graph, { rows, format, stepTo, engine: { formatNumber, exactNumber, forwardPass, backwardPass, problemOf } });
  // Not the first of this id: a page may show one output twice, and each copy has a script of its own.
})([...document.querySelectorAll('[id="ROOT"]')].find((root) => !root.classList.contains("running")), GRAPH);
