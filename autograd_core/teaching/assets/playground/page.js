// The page: what is chosen, what is running, and the controls.
const RATES = [0.0001, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10], STRENGTHS = [0, 0.0001, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1];
const LEGEND = "Solid arrows have positive weights, dashed ones negative; the wider, the larger. The dot on a unit is its bias.";
const state = { seed: PAGE.seed, sample: 0, chosen: null, playing: false, set: PAGE.sets[0] };
state.row = () => state.set.rows[state.sample];

const options = { lr: PAGE.lr, batch: PAGE.batch, penalty: "", strength: 0 };

// -- what is chosen ----------------------------------------------------------------------------------------------------
// The part of the plane that is shown: that of the TensorFlow Playground if the points fill it, else around them.
function boxOf(set) {
  const column = (i) => [...set.rows, ...set.held].map((row) => row[i]), isPlane = PAGE.sizes[0] === 2;
  const ends = [column(0), isPlane ? column(1) : set.rows.flatMap((row) => row.slice(1))].map((all) => [Math.min(...all), Math.max(...all)]);
  if (isPlane && ends.every(([low, high]) => low >= -6 && high <= 6 && high - low > 6)) return { x: [-6, 6], y: [-6, 6] };
  const [x, y] = ends.map(([low, high]) => [low - (0.15 * (high - low) || 1), high + (0.15 * (high - low) || 1)]);
  return { x, y };
}

// The numbers that stand for classes, in order, and whether each row has a 1 for its class and else 0.
function targetsOf(set) {
  const rows = set.rows.map((row) => row.slice(PAGE.sizes[0]));
  const isOneHot = rows[0].length > 1 && rows.every((row) => row.every((t) => t === 0 || t === 1) && row.reduce((a, b) => a + b) === 1);
  return { labels: [...new Set(rows.map((row) => row[0]))].sort((a, b) => a - b), isOneHot };
}

function readTargets() {
  Object.assign(state, targetsOf(state.set));
  const [low, high] = [state.labels[0], state.labels.at(-1)], range = (a, b) => ({ middle: (a + b) / 2, half: (b - a) / 2 || 1 });
  state.targets = range(low, high);
  state.scale = range(...(PAGE.scale || [low, high]));
}

function choose(chosen) {
  const same = state.chosen && chosen && ["l", "j", "i"].every((key) => state.chosen[key] === chosen[key]);
  state.chosen = same ? null : chosen;
  show();
  const behavior = matchMedia("(prefers-reduced-motion: reduce)").matches ? "instant" : "smooth";
  if (state.chosen && state.chosen.i !== undefined) $("panel").scrollIntoView({ block: "nearest", behavior });
}

// Begin again with these sizes: Python's weights where it is Python's network.
function begin(sizes = state.network.sizes, activation = state.network.activation) {
  const isOther = !state.network || String(sizes) !== String(state.network.sizes);
  state.network = new Network(PAGE, sizes, activation).begin(state.seed);
  state.training = new Training(state.network, state.set, options);
  if (isOther) {
    state.chosen = null;
    layOut();
  }
  say("");
  show();
}

function useSet(set) {
  state.set = set;
  state.sample = 0;
  $("sample").max = set.rows.length;
  $("sample").value = 1;
  state.box = boxOf(set);
  $("held").parentElement.hidden = set.held.length === 0 || PAGE.sizes[0] > 2;
  readTargets();
  begin(state.network ? state.network.sizes : PAGE.sizes, state.network ? state.network.activation : PAGE.activation);
}

// -- what is seen ------------------------------------------------------------------------------------------------------
function show() {
  const { training, chosen } = state;
  survey();
  paintDiagram();
  paintCurve();
  paintPoints();
  paintPicture();
  showPanel();
  $("epoch").textContent = training.epoch.toLocaleString("en");
  $("steps").textContent = `${training.steps.toLocaleString("en")} step${training.steps === 1 ? "" : "s"}`;
  const isUnit = chosen && chosen.i === undefined;
  $("seen").textContent = isUnit ? `What ${nameOf(chosen.l, chosen.j)} sees` : "Output";
  $("whole").hidden = !isUnit;
  for (const { l, j, button } of state.units) button.classList.toggle("chosen", Boolean(isUnit && chosen.l === l && chosen.j === j));
  const isChosen = (arrow) => Boolean(chosen && ["l", "j", "i"].every((key) => arrow[key] === chosen[key]));
  for (const arrow of state.lines) arrow.hit.classList.toggle("chosen", isChosen(arrow));
  showScale(isUnit ? scaleOf(chosen.l, chosen.j) : state.scale, isUnit);
  if (document.querySelector(".code").open) $("code").textContent = codeText(training);
  for (const element of $("sets").children) element.setAttribute("aria-pressed", element.dataset.set === state.set.name);
}

function showScale({ middle, half }, isUnit) {
  const inputs = PAGE.sizes[0], [low, high] = $("scale").querySelectorAll("span");
  $("scale").hidden = inputs !== 2 || (state.isOneHot && !isUnit);
  [low.textContent, high.textContent] = [format(middle - half), format(middle + half)];
  const ends = { "low-x": state.box.x[0], "high-x": state.box.x[1], "low-y": state.box.y[0], "high-y": state.box.y[1] };
  if (inputs > 2) return;
  for (const name in ends) document.querySelector(`.${name}`).textContent = format(Number(ends[name].toPrecision(2)));
  document.querySelector(".name-y").textContent = `${inputs === 2 ? "x₂" : "y"} ↑`;
}

function say(text, isProblem = false) {
  $("status").textContent = text;
  $("status").classList.toggle("problem", isProblem);
}

// -- running -----------------------------------------------------------------------------------------------------------
function advance(move) {
  const isFine = move();
  state.training.record();
  if (isFine) return;
  pause();
  say("The next step would not be finite: take a smaller learning rate, or start again. The weights are those from before it.", true);
}

function frame(now) {
  if (!state.playing) return;
  const speed = Number($("speed").value), { training } = state;
  if (speed > 0 || now - state.before > 1000) {
    state.before = now;
    advance(() => {
      if (speed === 0) return training.step();
      const end = performance.now() + 10;
      for (let n = 0; n < speed; n++) {
        if (!training.pass()) return false;
        if (performance.now() > end) break;
      }
      return true;
    });
    show();
  }
  requestAnimationFrame(frame);
}

function play() {
  state.playing = true;
  state.before = -Infinity;
  say("");
  $("play").textContent = "❚❚";
  $("play").setAttribute("aria-label", "Pause");
  requestAnimationFrame(frame);
}

function pause() {
  if (!state.playing) return;
  state.playing = false;
  $("play").textContent = "▶";
  $("play").setAttribute("aria-label", "Play");
  const { train, test } = state.training.curve.at(-1), held = Number.isFinite(test) ? `, test loss ${format(test)}` : "";
  say(`Paused after ${state.training.steps} steps: training loss ${format(train)}${held}.`);
  show();
}

const toggle = () => (state.playing ? pause() : play());
function stepOnce() {
  pause();
  advance(() => state.training.step());
  show();
}

// -- controls ----------------------------------------------------------------------------------------------------------
function fill(select, values, chosen, text = String) {
  const all = values.includes(chosen) ? values : [...values, chosen].sort((a, b) => a - b);
  select.replaceChildren(...all.map((value) => new Option(text(value), value, value === chosen, value === chosen)));
}

function stepper(what, count, text, least, most, change) {
  const span = document.createElement("span");
  span.className = "stepper";
  span.setAttribute("role", "group");
  span.setAttribute("aria-label", what);
  const make = (sign, by) => {
    const element = document.createElement("button");
    Object.assign(element, { type: "button", textContent: sign, disabled: count + by < least || count + by > most });
    element.setAttribute("aria-label", `${by > 0 ? "more" : "fewer"} ${what}`);
    element.addEventListener("click", () => change(count + by));
    return element;
  };
  span.append(make("−", -1), Object.assign(document.createElement("span"), { textContent: text }), make("+", 1));
  return span;
}

function showDepth() {
  const { sizes } = state.network, depth = sizes.length - 2, text = `${depth} hidden layer${depth === 1 ? "" : "s"}`;
  $("hint").textContent = LEGEND + (PAGE.units ? "" : " A network of other sizes is made in Python, and has a page of its own.");
  if (!PAGE.units) return;
  $("depth").replaceChildren(stepper("hidden layers", depth, text, 0, PAGE.hidden, (n) => {
    const hidden = sizes.slice(1, -1);
    begin([sizes[0], ...Array.from({ length: n }, (_, k) => hidden[k] || hidden.at(-1) || 4), sizes.at(-1)]);
    showDepth();
  }));
}

function makeSets() {
  for (const name of new Set(PAGE.sets.map((set) => set.name))) {
    const element = document.createElement("button"), canvas = document.createElement("canvas");
    element.type = "button";
    element.dataset.set = name;
    element.append(canvas, name);
    element.addEventListener("click", () => useSet(setOf(name)));
    $("sets").append(element);
  }
  const noises = [...new Set(PAGE.sets.map((set) => set.noise).filter((noise) => noise !== null))];
  $("noise-field").hidden = noises.length === 0;
  if (noises.length) fill($("noise"), noises, noises[0]);
  $("noise").addEventListener("change", () => {
    makeThumbnails();
    if (state.set.noise !== null) useSet(setOf(state.set.name));
  });
}

const setOf = (name) => PAGE.sets.find((set) => set.name === name && (set.noise === null || set.noise === Number($("noise").value)));

function makeThumbnails() {
  for (const element of $("sets").children) paintThumbnail(element.querySelector("canvas"), setOf(element.dataset.set));
}

function pickSample(event) {
  const inputs = PAGE.sizes[0], place = $("points").getBoundingClientRect(), { box, set } = state;
  const at = [(event.clientX - place.left) / place.width, 1 - (event.clientY - place.top) / place.height];
  const far = (row) => Math.hypot(across(row[0], box.x) / 100 - at[0], inputs === 2 ? across(row[1], box.y) / 100 - at[1] : 0);
  const best = set.rows.reduce((found, row, k) => (far(row) < far(set.rows[found]) ? k : found), 0);
  state.sample = best;
  $("sample").value = best + 1;
  show();
}

function listen() {
  $("play").addEventListener("click", toggle);
  $("step").addEventListener("click", stepOnce);
  $("restart").addEventListener("click", () => { pause(); begin(); });
  $("draw").addEventListener("click", () => { state.seed++; begin(); });
  $("activation").addEventListener("change", (event) => begin(state.network.sizes, event.target.value));
  for (const name of ["lr", "batch", "strength"]) {
    $(name).addEventListener("change", () => { options[name] = Number($(name).value); show(); });
  }
  $("penalty").addEventListener("change", (event) => {
    options.penalty = event.target.value;
    if (options.penalty && !options.strength) { options.strength = 0.001; $("strength").value = "0.001"; }
    show();
  });
  for (const name of ["held", "sharp"]) $(name).addEventListener("change", show);
  $("whole").addEventListener("click", () => choose(null));
  $("points").addEventListener("click", pickSample);
  $("sample").addEventListener("input", () => {
    const wanted = Number($("sample").value);
    if (Number.isInteger(wanted) && wanted >= 1 && wanted <= state.set.rows.length) { state.sample = wanted - 1; show(); }
  });
  $("panel").addEventListener("click", (event) => {
    const go = event.target.closest("[data-go]");
    if (!go) return;
    const [l, j, i] = go.dataset.go.split(" ");
    state.chosen = null;
    choose({ l: Number(l), j: Number(j), ...(i === "" ? {} : { i: i === "b" ? null : Number(i) }) });
  });
  $("panel").addEventListener("change", (event) => {
    const { l, j, i } = state.chosen || {}, value = Number(event.target.value);
    if (event.target.id !== "value" || event.target.value === "" || !Number.isFinite(value)) return;
    state.network.parameters[i === null ? state.network.bias(l, j) : state.network.weight(l, j, i)] = value;
    state.training.record();
    event.target.blur();
    show();
  });
  document.querySelector(".code").addEventListener("toggle", show);
  $("copy").addEventListener("click", async () => {
    const text = $("code").textContent;
    try { await navigator.clipboard.writeText(text); $("copied").textContent = "copied"; }
    catch { getSelection().selectAllChildren($("code")); $("copied").textContent = "selected: press Ctrl+C"; }
  });
  document.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || /^(INPUT|SELECT|SUMMARY|CODE)$/.test(event.target.tagName)) return;
    const keys = { " ": toggle, ArrowRight: stepOnce, r: () => $("restart").click(), Escape: () => choose(null) };
    if (!keys[event.key] || (event.key === " " && event.target.tagName === "BUTTON")) return;
    event.preventDefault();
    keys[event.key]();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { readTheme(); makeThumbnails(); show(); });
  const frame = window.frameElement;  // in a notebook: as high as the page
  if (frame) new ResizeObserver(() => { frame.style.height = `${document.documentElement.offsetHeight + 4}px`; }).observe(document.body);
  let width = 0;
  new ResizeObserver(() => {
    if (width && width !== $("diagram").clientWidth) { layOut(); show(); }
    width = $("diagram").clientWidth;
  }).observe($("diagram"));
}

// In a notebook, light or dark as the notebook is.
function followNotebook() {
  const host = window.frameElement && window.frameElement.ownerDocument;
  const said = host && `${host.body.dataset.jpThemeLight} ${host.body.className} ${host.documentElement.getAttribute("theme")}`;
  if (/false|vscode-dark|dark$/.test(said)) document.documentElement.classList.add("dark");
  else if (/true|vscode-light|light$/.test(said)) document.documentElement.classList.add("light");
}

function start() {
  followNotebook();
  document.body.classList.add("running");
  $("playground").hidden = false;
  readTheme();
  fill($("lr"), RATES, options.lr);
  fill($("strength"), STRENGTHS, 0);
  fill($("batch"), [1, 10, 30, 0], options.batch, (value) => (value ? String(value) : "all"));
  $("activation").replaceChildren(...Object.keys(PAGE.programs).map((name) => new Option(name, name)));
  $("activation").value = PAGE.activation;
  if (PAGE.sizes.length === 2) $("activation").disabled = PAGE.units === 0;
  makeSets();
  $("sharp").parentElement.hidden = PAGE.sizes[0] !== 2;
  $("picture").hidden = $("scale").hidden = PAGE.sizes[0] > 2;
  $("no-picture").hidden = PAGE.sizes[0] <= 2;
  $("no-picture").textContent = `A plane has two inputs, and this network ${PAGE.sizes[0]}: ` +
    "each square has the colour of its unit at the chosen sample.";
  useSet(state.set);
  document.querySelector(".code").hidden = !PAGE.code;
  makeThumbnails();
  showDepth();
  listen();
}
start();
