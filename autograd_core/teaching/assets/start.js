// Controls and keys, and the start: the state of the address, or else the one that the page was made with.

function fitFormula() {
  const field = find("#formula");
  field.style.height = "auto";
  field.style.height = `${field.scrollHeight + 2}px`;
}

let waiting = null;
find("#formula").oninput = (event) => {
  fitFormula();
  halt();
  clearTimeout(waiting);
  const text = event.target.value;
  if (isFormula(text, state.values)) readFormula(text);
  else waiting = setTimeout(() => readFormula(text), 350); // who is still typing is not told at every letter
};

const moves = {first: () => 0, back: () => state.at - 1, next: () => state.at + 1, last: () => Infinity};
for (const [id, move] of Object.entries(moves))
  find(`#${id}`).onclick = () => {
    stop();
    go(move());
  };
find("#play").onclick = play;
find("#position").oninput = (event) => {
  stop();
  go(Number(event.target.value));
};
find("#close").onclick = () => {
  const node = document.querySelector(".node.open");
  openReceipt("");
  if (node) node.focus();
};

const KEYS = {ArrowRight: moves.next, PageDown: moves.next, ArrowLeft: moves.back, PageUp: moves.back, Home: moves.first, End: moves.last};
document.addEventListener("keydown", (event) => {
  const field = event.target.closest("input, select, textarea");
  if (event.key === "Escape" && state.open) return find("#close").click();
  if (find("#picture").getBoundingClientRect().bottom < 80) return; // who reads the tables below scrolls by the same keys
  if ((field && field.id !== "position") || event.altKey || event.ctrlKey || event.metaKey) return;
  if (event.key in KEYS) {
    stop();
    go(KEYS[event.key]());
  } else if (event.key === " " && !event.target.closest("button, [role=button]")) play();
  else return;
  event.preventDefault();
});

function numberField(id, least, most, whole, taken) {
  const field = find(`#${id}`);
  field.oninput = () => {
    const x = field.value.trim() === "" ? NaN : Number(field.value),
      right = x >= least && x <= most && !(whole && x % 1);
    field.toggleAttribute("aria-invalid", !right);
    find(`#${id}-wrong`).textContent = right
      ? ""
      : `${field.dataset.called} is ${whole ? "a whole number" : "a number"} from ${least} to ${most}`;
    if (right) taken(x);
  };
}
numberField("rate", 0, 1e6, false, (x) => {
  state.rate = x;
  remember();
});
numberField("many", 1, 100000, true, (x) => {
  state.many = x;
  remember();
});
numberField("digits", 1, 17, true, (x) => {
  state.digits = x;
  refresh();
});

find("#step").onclick = () => descendOften(1);
find("#steps").onclick = () => (running === null ? descendOften(state.many) : halt());
find("#reset").onclick = () => {
  halt();
  Object.assign(state.values, state.start);
  state.trail = [];
  syncLeaves();
  refresh();
  say("back to the first values", true);
};

find("#curve-leaf").onchange = (event) => {
  state.curve = event.target.value;
  showCurve();
  remember();
};
function drag(event) {
  // the point of the curve follows the finger
  if (!state.below || !(event.buttons & 1)) return;
  const row = [...document.querySelectorAll(".leaf")].find((leaf) => leaf.dataset.leaf === state.curve),
    slider = row.querySelector(".slider");
  slider.value = state.below(event.clientX);
  slider.oninput();
}
find("#curve").onpointerdown = (event) => {
  event.currentTarget.setPointerCapture(event.pointerId);
  drag(event);
};
find("#curve").onpointermove = drag;

find("#link").onclick = async () => {
  const field = find("#address");
  field.value = location.href.split("#")[0] + addressOf(state);
  field.hidden = false;
  field.select();
  try {
    await navigator.clipboard.writeText(field.value);
    say("the address is copied");
  } catch {
    // a page may not be allowed to: then one copies what is selected
    say("the address is selected: copy it");
  }
  find("#link-text").textContent = find("#said").textContent;
};

for (const part of document.querySelectorAll(".script-only")) part.classList.remove("script-only"); // so that there is a room to draw in
restore(stateOf(location.hash) || initial);
window.addEventListener("hashchange", () => {
  const given = stateOf(location.hash);
  if (given && location.hash !== addressOf(state)) restore(given);
});

let room = find("#picture").clientWidth;
new ResizeObserver(() => {
  // another width, another layout
  const width = find("#picture").clientWidth;
  if (Math.abs(width - room) < 8) return;
  room = width;
  picture.draw(state.graph, state.learned);
  show(state.at);
  fitFormula();
}).observe(find("#picture"));
if (window.frameElement) {
  // in a notebook: the frame is as tall as the page
  document.body.classList.add("framed");
  new ResizeObserver(() => {
    window.frameElement.style.height = `${document.body.scrollHeight + 8}px`;
  }).observe(document.body);
}
find("#functions").textContent = Object.keys(data.functions).sort().join(" ");
document.documentElement.dataset.ready = String(Math.round(performance.now()));
