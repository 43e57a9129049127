// What is painted: colours, the maps of the units, the diagram, the curve of the losses and the plane of the data.
const CLASSES = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#d55e00", "#56b4e9", "#7f7f7f", "#b8a800"];  // Okabe and Ito
const MOST = 12;  // units of a layer that are drawn
const $ = (id) => document.getElementById(id);
const channel = (hex) => [1, 3, 5].map((k) => parseInt(hex.slice(k, k + 2), 16));
const SVG = "http://www.w3.org/2000/svg";

function svg(name, attributes, parent) {
  const element = document.createElementNS(SVG, name);
  for (const key in attributes) element.setAttribute(key, attributes[key]);
  if (parent) parent.append(element);
  return element;
}

// Colours from low, as those of the first class, to high, as the second, in 201 steps; the theme of the reader decides the middle.
let ramp = [], theme = {};
function readTheme() {
  const style = getComputedStyle(document.documentElement), get = (name) => style.getPropertyValue(name).trim();
  theme = Object.fromEntries(["low", "middle", "high", "plus", "minus"].map((name) => [name, get(`--${name}`)]));
  const [low, middle, high] = [theme.low, theme.middle, theme.high].map(channel);
  ramp = Array.from({ length: 201 }, (_, k) => {
    const end = k < 100 ? low : high, share = Math.abs(k - 100) / 100;
    return middle.map((m, c) => Math.round(m + (end[c] - m) * share));
  });
}
const shade = (share) => ramp[Math.round(100 + 100 * Math.max(-1, Math.min(1, share || 0)))];
const css = (rgb) => `rgb(${rgb.join(",")})`;

// A map of numbers, one for each dot of the canvas (or one for each column), as colours.
function paint(canvas, values, { middle, half }, sharp = false) {
  const columns = Math.min(state.size, values.length), rows = values.length / columns;
  if (canvas.width !== columns || canvas.height !== rows) [canvas.width, canvas.height] = [columns, rows];
  const context = canvas.getContext("2d"), image = context.createImageData(columns, rows);
  for (let p = 0; p < values.length; p++) {
    let share = (values[p] - middle) / half;
    if (sharp) share = share > 0 ? 1 : -1;
    const rgb = shade(share);
    image.data[4 * p] = rgb[0]; image.data[4 * p + 1] = rgb[1]; image.data[4 * p + 2] = rgb[2]; image.data[4 * p + 3] = 255;
  }
  context.putImageData(image, 0, 0);
}

// The same map larger, with soft steps.
function paintLarge(draw) {
  const small = document.createElement("canvas"), large = $("heat");
  draw(small);
  if (large.width !== 480) large.width = large.height = 480;
  const context = large.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.drawImage(small, 0, 0, 480, 480);
}

// With several outputs, each dot has the colour of the largest, the stronger the further it is ahead.
function paintClasses(canvas, maps, sharp) {
  const columns = state.size, rows = maps[0].length / columns, back = channel(theme.middle), colours = CLASSES.map(channel);
  [canvas.width, canvas.height] = [columns, rows];
  const context = canvas.getContext("2d"), image = context.createImageData(columns, rows);
  for (let p = 0; p < maps[0].length; p++) {
    const order = maps.map((map, k) => [map[p], k]).sort((a, b) => b[0] - a[0]);
    const share = sharp ? 0.75 : Math.min(0.85, 0.15 + 0.35 * (order[0][0] - order[1][0])), colour = colours[order[0][1] % 8];
    for (let c = 0; c < 3; c++) image.data[4 * p + c] = back[c] + (colour[c] - back[c]) * share;
    image.data[4 * p + 3] = 255;
  }
  context.putImageData(image, 0, 0);
}

// The outputs of all units over the plane (with one input, over a line; with more, at the chosen sample).
function survey() {
  const { network, box } = state, plane = network.sizes[0], size = state.size = state.playing ? 40 : 80;  // finer where there is time
  const count = plane === 2 ? size * size : plane === 1 ? size : 1;
  const maps = network.sizes.map((units) => Array.from({ length: units }, () => new Float32Array(count)));
  for (let p = 0; p < count; p++) {
    const along = (p % size + 0.5) / size, up = 1 - (Math.floor(p / size) + 0.5) / size;
    const x0 = box.x[0] + along * (box.x[1] - box.x[0]), x1 = box.y[0] + up * (box.y[1] - box.y[0]);
    const x = plane === 2 ? [x0, x1] : plane === 1 ? [x0] : state.row().slice(0, plane);
    const found = network.program.units(network.parameters, x), half = found.length / 2;
    maps[0].forEach((map, i) => { map[p] = x[i]; });
    for (let l = 1; l < maps.length; l++) maps[l].forEach((map, j) => { map[p] = found[half + network.firsts[l] + j]; });
  }
  state.maps = maps;
}

// What number has which colour: the labels of the targets at the output, elsewhere 0 in the middle.
function scaleOf(l, j) {
  const last = state.network.sizes.length - 1;
  if (l === last && state.network.sizes[last] === 1) return state.scale;
  let most = l === 0 ? 1e-9 : 1;
  // At one sample alone, the units of a layer have one scale.
  for (const map of state.network.sizes[0] > 2 ? state.maps[l] : [state.maps[l][j]]) {
    for (const value of map) most = Math.max(most, Math.abs(value));
  }
  return { middle: 0, half: most };
}

// -- the diagram -------------------------------------------------------------------------------------------------------
// What textbooks call units and weights, as in the engine's drawings of networks: x₁, h₂⁽¹⁾, ŷ, w₁₂⁽¹⁾, b₁⁽²⁾, numbered from 1.
const digits = (number, signs) => String(number).replace(/\d/g, (digit) => signs[digit]);
const below = (...places) => places.map((k) => digits(k + 1, "₀₁₂₃₄₅₆₇₈₉")).join(Math.max(...places) > 8 ? "," : "");
const layerMark = (l, layers) => (layers > 1 ? `⁽${digits(l, "⁰¹²³⁴⁵⁶⁷⁸⁹")}⁾` : "");
const lastLayer = () => state.network.sizes.length - 1;
function nameOf(l, j) {
  if (l === lastLayer()) return `ŷ${state.network.sizes[l] > 1 ? below(j) : ""}`;
  return l === 0 ? `x${below(j)}` : `h${below(j)}${layerMark(l, lastLayer() - 1)}`;
}
const sumName = (l, j) => `z${below(j)}${layerMark(l, lastLayer())}`;
const weightName = (l, j, i) => (i === null ? `b${below(j)}` : `w${below(j, i)}`) + layerMark(l, lastLayer());
const spokenName = (l, j) => (l === 0 ? `input ${j + 1}` : l === lastLayer() ? `output ${j + 1}` : `layer ${l}, unit ${j + 1}`);

// Circles and arrows anew: after a change of the sizes, or of the room there is.
function layOut() {
  const { network } = state, { sizes } = network, diagram = $("diagram"), width = diagram.clientWidth;
  const most = Math.min(MOST, Math.max(...sizes)), isWide = width > 620, head = PAGE.units ? (isWide ? 34 : 96) : 22;
  const room = (width - 40) / sizes.length, unit = Math.max(22, Math.min(isWide ? width / 14 : 38, room * 0.62, 64));
  const gap = unit * (isWide ? 0.38 : 0.3);
  const height = head + most * (unit + gap) + 14;
  diagram.style.height = `${height}px`;
  diagram.replaceChildren();
  const drawing = svg("svg", { "aria-hidden": "true" }, diagram);
  state.units = [];
  state.lines = [];
  const x = (l) => unit / 2 + 12 + (sizes.length > 1 ? l * (width - unit - 24) / (sizes.length - 1) : 0);
  const y = (l, j) => head + (most - Math.min(sizes[l], MOST)) * (unit + gap) / 2 + j * (unit + gap) + unit / 2;
  for (let l = 1; l < sizes.length; l++) {
    for (let j = 0; j < Math.min(sizes[l], MOST); j++) {
      for (let i = 0; i < Math.min(sizes[l - 1], MOST); i++) {
        const [x0, y0, x1, y1] = [x(l - 1) + unit / 2, y(l - 1, i), x(l) - unit / 2, y(l, j)], bend = (x1 - x0) / 2;
        const d = `M${x0},${y0}C${x0 + bend},${y0} ${x1 - bend},${y1} ${x1},${y1}`;
        const line = svg("path", { class: "line", d }, drawing);
        const hit = svg("path", { class: "hit", d, "data-weight": weightName(l, j, i) }, drawing), title = svg("title", {}, hit);
        hit.addEventListener("click", () => choose({ l, j, i }));
        state.lines.push({ l, j, i, line, hit, title });
      }
    }
  }
  sizes.forEach((count, l) => {
    for (let j = 0; j < Math.min(count, MOST); j++) addUnit(diagram, l, j, x(l), y(l, j), unit);
    const about = document.createElement("div");
    about.className = "column";
    const isHidden = l > 0 && l < sizes.length - 1;
    Object.assign(about.style, isHidden ? { left: `${x(l)}px` } : { [l ? "right" : "left"]: "0", transform: "none" });
    const more = count > MOST ? `, ${MOST} shown` : "";
    const change = (n) => begin(sizes.map((size, k) => (k === l ? n : size)));
    if (isHidden && PAGE.units) about.append(stepper(`neurons of hidden layer ${l}`, count, String(count), 1, PAGE.units, change));
    else about.textContent = count + (l === 0 ? " input" : isHidden ? " unit" : " output") + (count > 1 ? "s" : "") + more;
    diagram.append(about);
  });
  if (!isWide) diagram.querySelectorAll(".column .stepper").forEach((element) => { element.style.flexDirection = "column"; });
}

function addUnit(diagram, l, j, x, y, size) {
  const button = document.createElement("button"), canvas = document.createElement("canvas"), name = nameOf(l, j);
  Object.assign(button, { type: "button", className: "unit", title: name });
  Object.assign(button.style, { left: `${x - size / 2}px`, top: `${y - size / 2}px`, width: `${size}px`, height: `${size}px` });
  button.dataset.unit = name;
  button.setAttribute("aria-label", `${spokenName(l, j)}: what it sees`);
  button.append(canvas);
  let bias = null;
  if (l > 0 && PAGE.bias) {
    bias = document.createElement("span");
    bias.className = "bias";
    button.append(bias);
  }
  button.addEventListener("click", () => choose({ l, j }));
  diagram.append(button);
  state.units.push({ l, j, button, canvas, bias });
}

function paintDiagram() {
  const { network } = state;
  for (const { l, j, canvas, bias } of state.units) {
    paint(canvas, state.maps[l][j], scaleOf(l, j));
    if (!bias) continue;
    const value = network.parameters[network.bias(l, j)];
    bias.style.background = value < 0 ? theme.minus : theme.plus;
    bias.style.opacity = Math.min(0.2 + 0.8 * Math.abs(value), 1).toFixed(2);
    bias.title = `${weightName(l, j, null)} = ${format(value)}`;
  }
  for (const { l, j, i, line, title } of state.lines) {
    const value = network.parameters[network.weight(l, j, i)], size = Math.abs(value);
    line.setAttribute("stroke", value < 0 ? theme.minus : theme.plus);
    line.setAttribute("stroke-width", Math.min(0.6 + 2.4 * size, 8).toFixed(2));
    line.setAttribute("stroke-opacity", Math.min(0.3 + 0.7 * size, 1).toFixed(2));
    line.setAttribute("stroke-dasharray", value < 0 ? "7 3" : "none");
    title.textContent = `${weightName(l, j, i)} = ${format(value)}`;
  }
}

// -- losses and data ---------------------------------------------------------------------------------------------------
function paintCurve() {
  const { curve } = state.training, last = curve[curve.length - 1], most = Math.max(...curve.flatMap((p) => [p.train, p.test || 0]), 1e-12);
  const path = (key) => pathOf(curve.map((p) => [300 * p.epoch / Math.max(last.epoch, 1e-9), 58 - 55 * p[key] / most]));
  $("curve").innerHTML = (Number.isFinite(last.test) ? `<path class="test" d="${path("test")}"/>` : "") + `<path d="${path("train")}"/>`;
  $("train").textContent = last.train.toPrecision(3);
  $("test").textContent = last.test.toPrecision(3);
  $("test").parentElement.hidden = !Number.isFinite(last.test);
}

const pathOf = (points) => points.map(([x, y], k) => `${k ? "L" : "M"}${x.toFixed(2)},${y.toFixed(2)}`).join("");
const across = (value, [low, high]) => 100 * (value - low) / (high - low);

// A mark for each sample: filled with the colour of its target; circles and squares tell two classes apart without colour.
function paintPoints() {
  const { set, box, network } = state, inputs = network.sizes[0], drawing = $("points");
  const column = inputs === 2 ? 1 : 1 + (state.chosen && state.chosen.l === network.sizes.length - 1 ? state.chosen.j : 0);
  const drawn = JSON.stringify([state.set.name, state.set.noise, state.sample, $("held").checked, column, theme]);
  if (inputs > 2 || drawn === state.drawn) return;
  state.drawn = drawn;
  drawing.replaceChildren();
  let ring = null;
  const shown = [...($("held").checked ? set.held.map((row) => [row, null]) : []), ...set.rows.map((row, k) => [row, k])];
  for (const [row, k] of shown) {
    const x = across(row[0], box.x), y = 100 - across(row[column], box.y);
    const kind = classOf(row), { middle, half } = state.targets;
    const colour = inputs === 1 ? theme.low : css(shade((row[inputs] - middle) / half));  // beside a curve, the height says it
    const fill = kind === null ? colour : kindColour(kind);
    const attributes = { class: `mark${k === null ? " held" : ""}`, fill };
    if (kind === 1) svg("rect", { x: x - 1.15, y: y - 1.15, width: 2.3, height: 2.3, ...attributes }, drawing);
    else if (kind === 2) svg("path", { d: `M${x},${y - 1.6}l1.5,2.7h-3z`, ...attributes }, drawing);
    else svg("circle", { cx: x, cy: y, r: 1.35, ...attributes }, drawing);
    if (k === state.sample) ring = svg("circle", { cx: x, cy: y, r: 3.1, class: "chosen-ring" });
  }
  if (ring) drawing.append(ring);
}

// The number of the class of a row, if the targets are classes; the labels are those of its own data set.
function classOf(row, { labels, isOneHot } = state) {
  const targets = row.slice(PAGE.sizes[0]);
  if (targets.length > 1) return isOneHot ? targets.indexOf(Math.max(...targets)) : null;
  const kind = labels.length === 2 ? labels.indexOf(targets[0]) : -1;
  return kind < 0 ? null : kind;
}
const kindColour = (kind) => (PAGE.sizes.at(-1) > 1 ? CLASSES[kind % 8] : kind ? theme.high : theme.low);

function paintPicture() {
  const { network, chosen, maps } = state, last = network.sizes.length - 1, inputs = network.sizes[0];
  const isUnit = chosen && chosen.i === undefined, unit = isUnit ? chosen : { l: last, j: 0 };
  const isOutput = unit.l === last, isSharp = $("sharp").checked;
  if (inputs > 2) return;
  if (inputs === 1) return paintFit(unit);
  if (isOutput && !isUnit && state.isOneHot) return paintLarge((canvas) => paintClasses(canvas, maps[last], isSharp));
  paintLarge((canvas) => paint(canvas, maps[unit.l][unit.j], scaleOf(unit.l, unit.j), isSharp && isOutput));
}

// One input: the unit as a curve over it.
function paintFit({ l, j }) {
  const values = Array.from(state.maps[l][j]), drawing = $("points");
  let { y } = state.box;
  if (l < state.network.sizes.length - 1) y = [Math.min(...values, 0) - 0.1, Math.max(...values, 1) + 0.1];
  drawing.querySelectorAll(".fit").forEach((old) => old.remove());
  const d = pathOf(values.map((value, p) => [(p + 0.5) * 100 / values.length, 100 - Math.max(-5, Math.min(105, across(value, y)))]));
  svg("path", { class: "fit", d }, drawing);
}

// The picture of a data set on its button.
function paintThumbnail(canvas, set) {
  const size = canvas.width = canvas.height = 56, context = canvas.getContext("2d"), box = boxOf(set), inputs = PAGE.sizes[0];
  context.fillStyle = theme.middle;
  context.fillRect(0, 0, size, size);
  if (inputs > 2) return;
  const targets = targetsOf(set);
  for (const row of set.rows) {
    const kind = classOf(row, targets);
    context.fillStyle = kind === null ? theme.low : kindColour(kind);
    context.fillRect(across(row[0], box.x) * size / 100 - 1.2, size - across(row[1], box.y) * size / 100 - 1.2, 2.4, 2.4);
  }
}
