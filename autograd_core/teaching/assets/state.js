// The state of the page, and its address: what a teacher sends.

const DEFAULT_RATE = 0.1,
  DEFAULT_DIGITS = 4,
  DEFAULT_MANY = 100;

// The range of a slider around a value: -5 to 5, or wider by powers of two.
function rangeAround(x) {
  let most = 5;
  while (Math.abs(x) > most && most < 1e300) most *= 2;
  return [-most, most];
}

// Which leaves gradient descent moves, if nobody has said: weights and biases by their usual letters; all, if none is called so.
function usualParameters(names) {
  const found = names.filter((name) => /^(w|b|theta|θ|weight|bias)[\d_]*$/i.test(name));
  return new Set(found.length ? found : names);
}

function addressOf(state) {
  const leaves = state.leaves,
    found = new URLSearchParams({formula: state.formula});
  found.set("at", leaves.map((name) => `${name}:${numberText(state.values[name], null)}`).join(","));
  found.set("learn", leaves.filter((name) => state.learned.has(name)).join(","));
  if (state.rate !== DEFAULT_RATE) found.set("rate", String(state.rate));
  if (state.many !== DEFAULT_MANY) found.set("many", String(state.many));
  if (state.digits !== DEFAULT_DIGITS) found.set("digits", String(state.digits));
  if (state.curve) found.set("curve", state.curve);
  if (state.open) found.set("receipt", state.open);
  if (state.at < state.frames.length - 1) found.set("step", String(state.at + 1));
  return `#${found}`;
}

// The part of the state that an address holds; null if it holds none. A number that is none is left out.
function stateOf(address) {
  const given = new URLSearchParams(address.replace(/^#/, ""));
  if (!given.has("formula")) return null;
  const number = (key, least, most, otherwise) => {
    const x = given.get(key) === null || given.get(key).trim() === "" ? NaN : Number(given.get(key));
    return x >= least && x <= most ? x : otherwise;
  };
  const values = Object.create(null);
  for (const part of (given.get("at") || "").split(",")) {
    const [name, text] = part.split(":"),
      x = Number(text);
    if (text && Number.isFinite(x)) values[name] = x;
  }
  return {
    formula: given.get("formula"),
    values,
    learned: given.has("learn") ? new Set(given.get("learn").split(",").filter(Boolean)) : null,
    rate: number("rate", 0, 1e300, DEFAULT_RATE),
    many: Math.round(number("many", 1, 1e5, DEFAULT_MANY)),
    digits: Math.round(number("digits", 1, 17, DEFAULT_DIGITS)),
    curve: given.get("curve"),
    open: given.get("receipt"),
    step: Math.round(number("step", 1, 1e6, 0)),
  };
}
