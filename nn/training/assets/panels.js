// Words and numbers: what the chosen unit computes, and the receipt of the gradient of the chosen weight.
function format(x) {
  return String(Number(x.toPrecision(6))).replace("-", "−");
}
const data = (x) => `<data value="${x}">${format(x)}</data>`;
const bracket = (x) => (x < 0 ? `(${data(x)})` : data(x));
const button = (text, l, j, i) => `<button type="button" class="go" data-go="${[l, j, i === undefined ? "" : i === null ? "b" : i].join(" ")}">${text}</button>`;
const MANY = 12;  // terms of a sum that are written out

function sampleText() {
  const row = state.row(), inputs = PAGE.sizes[0], list = (values, name) => values.slice(0, 4).map((v, k) => `${name}${k} = ${format(v)}`).join(", ");
  const x = list(row.slice(0, inputs), "x") + (inputs > 4 ? ", …" : ""), targets = row.slice(inputs);
  return `${x}; target ${targets.length > 1 ? targets.map(format).join(", ") : format(targets[0])}; loss L = ${format(state.network.loss([row]))}`;
}

function sum(texts) {
  return texts.length > MANY ? [...texts.slice(0, MANY), `… (${texts.length - MANY} more)`].join(" + ") : texts.join(" + ");
}

// A unit: its formula, in symbols and in numbers, and the weights on the arrows into it.
function unitPanel(l, j) {
  const { network } = state, row = state.row(), name = nameOf(l, j), { totals, outputs } = network.units(row);
  if (l === 0) return `<h3>${name}</h3><p>An input. At this sample it is ${data(row[j])}.</p>`;
  const before = outputs[l - 1], [, gradients] = network.program.gradient(network.parameters, row);
  const number = (i) => network.parameters[i === null ? network.bias(l, j) : network.weight(l, j, i)];
  const entries = [...before.keys(), ...(PAGE.bias ? [null] : [])];
  const symbols = entries.map((i) => (i === null ? weightName(l, j, i) : `${weightName(l, j, i)}·${nameOf(l - 1, i)}`));
  const numbers = entries.map((i) => (i === null ? data(number(i)) : `${bracket(number(i))}·${bracket(before[i])}`));
  const activation = activationOf(l), z = `z${l}[${j}]`;
  const rows = entries.map((i) => {
    const place = i === null ? network.bias(l, j) : network.weight(l, j, i);
    return `<tr><td>${button(weightName(l, j, i), l, j, i)}</td><td>${data(number(i))}</td><td>${i === null ? "1" : nameOf(l - 1, i)}</td><td>${data(gradients[place])}</td></tr>`;
  });
  return `<h3>${name} = ${activation}(${z})</h3>
<p class="formula">${z} = ${sum(symbols)}</p><p class="formula">&nbsp; = ${sum(numbers)} = <b>${data(totals[l][j])}</b></p>
<p class="formula">${name} = ${activation}(${format(totals[l][j])}) = <b>${data(outputs[l][j])}</b></p>
<table><thead><tr><th>weight</th><th>value</th><th>multiplies</th><th>∂L/∂weight, at this sample</th></tr></thead><tbody>${rows.join("")}</tbody></table>`;
}

const activationOf = (l) => (l === state.network.sizes.length - 1 ? PAGE.layers.at(-1) : state.network.activation === PAGE.activation && PAGE.layers[l - 1] || state.network.activation);

// A weight: where its gradient at the chosen sample comes from, and what the next step makes of it.
function weightPanel(l, j, i) {
  const { network } = state, found = network.receipt(l, j, i, state.row()), name = weightName(l, j, i), z = `z${l}[${j}]`;
  const source = i === null ? "1" : nameOf(l - 1, i), parts = [];
  parts.push(`<h3>${name} <label>= <input aria-label="value of ${name}" type="number" class="number" id="value" step="any" value="${found.value}"></label></h3>
<p>${i === null ? `The bias of ${nameOf(l, j)}.` : `On the arrow from ${nameOf(l - 1, i)} to ${button(nameOf(l, j), l, j)}.`}</p>
<div class="receipt" id="receipt"><p class="formula">∂L/∂${name} = ∂L/∂${z} · ${source} = ${bracket(found.upstream)} · ${bracket(found.local)} = <b>${data(found.contribution)}</b></p>
<p class="why">because ${z} = … + ${i === null ? name : `${name}·${source}`} + …: ${z} changes ${i === null ? "as much as the bias" : `${source} = ${format(found.local)} times as much as the weight`}</p>`);
  if (found.terms) {
    const h = nameOf(l, j), slope = `${activationOf(l)}′(${z})`, total = found.terms.reduce((a, term) => a + term.product, 0);
    const symbols = found.terms.map((_, k) => `∂L/∂z${l + 1}[${k}]·${button(weightName(l + 1, k, j), l + 1, k, j)}`);
    parts.push(`<p class="formula">∂L/∂${z} = ∂L/∂${h} · ${slope} = ${bracket(total)} · ${bracket(found.slope)} = ${data(found.upstream)}</p>
<p class="formula">∂L/∂${h} = ${sum(symbols)}</p>
<p class="formula">&nbsp; = ${sum(found.terms.map((term) => `${bracket(term.delta)}·${bracket(term.weight)}`))} = ${data(total)}</p>
<p class="why">one term for each unit that reads ${h}</p>`);
  } else {
    parts.push(`<p class="why">∂L/∂${z} comes through ${nameOf(l, j)} = ${PAGE.layers.at(-1)}(${format(found.total)}) = ${format(found.output)} and the loss ${PAGE.loss}, L = ${format(found.loss)}</p>`);
  }
  return parts.join("") + "</div>" + nextStep(l, j, i, found.value, name);
}

function nextStep(l, j, i, value, name) {
  const { training, network } = state, { options, set, at } = training, size = Math.min(options.batch || set.rows.length, set.rows.length - at);
  const [, gradients] = network.mean(set.rows.slice(at, at + size), options.penalty, options.strength);
  const g = gradients[i === null ? network.bias(l, j) : network.weight(l, j, i)], of = size === 1 ? "one sample" : `${size} samples`;
  const extra = options.penalty ? `, with the ${options.penalty} penalty` : "";
  return `<p>The next step takes the mean over a batch of ${of}${extra}: ${data(g)}.</p>
<p class="formula">${name} ← ${data(value)} − ${options.lr} · ${bracket(g)} = <b>${data(value - options.lr * g)}</b></p>`;
}

function showPanel() {
  const { chosen } = state, panel = $("panel"), focused = document.activeElement && document.activeElement.id === "value";
  $("sample-text").textContent = sampleText();
  if (focused) return;  // a number is being typed there
  if (!chosen) panel.innerHTML = "<p>Choose a unit to see what it sees, or an arrow for the receipt of its weight's gradient. A click in the plane chooses the sample.</p>";
  else panel.innerHTML = chosen.i === undefined ? unitPanel(chosen.l, chosen.j) : weightPanel(chosen.l, chosen.j, chosen.i);
}
