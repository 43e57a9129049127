// Words and numbers: what the chosen unit computes, and the receipt of the gradient of the chosen weight.
const MANY = 12;  // terms of a sum that are written out

// Six digits, as Python's format(x, ".6g").
function format(x) {
  const [, digits, power] = x.toExponential(5).match(/(.*?)\.?0*e(.*)/);
  return (x === 0 || (power > -5 && power < 6) ? String(Number(x.toPrecision(6))) : `${digits}e${power}`).replaceAll("-", "−");
}
const data = (x) => `<data value="${x}">${format(x)}</data>`;
const bracket = (x) => (x < 0 ? `(${data(x)})` : data(x));
const escaped = (text) => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
const line = (text, kind = "formula") => `<p class="${kind}">${text}</p>`;
const bold = (x) => `<b>${data(x)}</b>`;

// A word that chooses a unit, or the weight of unit j of layer l for unit i of the layer before (null: its bias).
function link(l, j, i) {
  const text = i === undefined ? nameOf(l, j) : weightName(l, j, i), place = [l, j, i === undefined ? "" : i === null ? "b" : i];
  return `<button type="button" class="go" data-go="${place.join(" ")}">${text}</button>`;
}

function sum(texts) {
  return texts.length > MANY ? [...texts.slice(0, MANY), `… (${texts.length - MANY} more)`].join(" + ") : texts.join(" + ");
}

function activationOf(l) {
  const { sizes, activation } = state.network, isGiven = activation === PAGE.activation && sizes.length === PAGE.sizes.length;
  return escaped(l === sizes.length - 1 ? PAGE.layers.at(-1) : isGiven ? PAGE.layers[l - 1] : activation);
}

function sampleText() {
  const row = state.row(), inputs = PAGE.sizes[0], targets = row.slice(inputs).map(format).join(", ");
  const x = row.slice(0, Math.min(inputs, 4)).map((value, k) => `${nameOf(0, k)} = ${format(value)}`).join(", ");
  const target = state.isOneHot ? `class ${classOf(row)}` : `target ${targets}`;
  return `${x}${inputs > 4 ? ", …" : ""}; ${target}; loss L = ${format(state.network.loss([row]))}`;
}

// A unit: its formula, in symbols and in numbers, and the weights on the arrows into it.
function unitPanel(l, j) {
  const { network } = state, row = state.row(), name = nameOf(l, j), { totals, outputs } = network.units(row);
  if (l === 0) return `<h3>${name}</h3>${line(`An input. At this sample it is ${data(row[j])}.`, "text")}`;
  const before = outputs[l - 1], [, gradients] = network.program.gradient(network.parameters, row);
  const place = (i) => (i === null ? network.bias(l, j) : network.weight(l, j, i)), number = (i) => network.parameters[place(i)];
  const entries = [...before.keys(), ...(PAGE.bias ? [null] : [])], z = sumName(l, j), activation = activationOf(l);
  const symbols = entries.map((i) => (i === null ? weightName(l, j, i) : `${weightName(l, j, i)}·${nameOf(l - 1, i)}`));
  const numbers = entries.map((i) => bracket(number(i)) + (i === null ? "" : `·${bracket(before[i])}`));
  const cells = entries.map((i) => [link(l, j, i), data(number(i)), i === null ? "1" : nameOf(l - 1, i), data(gradients[place(i)])]);
  const rows = cells.map((texts) => `<tr>${texts.map((text) => `<td>${text}</td>`).join("")}</tr>`).join("");
  const head = ["weight", "value", "multiplies", "∂L/∂weight, at this sample"].map((text) => `<th scope="col">${text}</th>`).join("");
  return `<h3>${name} = ${activation}(${z})</h3>${line(`${z} = ${sum(symbols)}`)}${line(`&nbsp; = ${sum(numbers)} = ${bold(totals[l][j])}`)}
${line(`${name} = ${activation}(${format(totals[l][j])}) = ${bold(outputs[l][j])}`)}
<table><thead><tr>${head}</tr></thead><tbody>${rows}</tbody></table>`;
}

// A weight: where its gradient at the chosen sample comes from, and what the next step makes of it.
function weightPanel(l, j, i) {
  const found = state.network.receipt(l, j, i, state.row()), name = weightName(l, j, i), z = sumName(l, j), h = nameOf(l, j);
  const source = i === null ? "1" : nameOf(l - 1, i);
  const field = `<input type="number" class="number" id="value" step="any" value="${found.value}" aria-label="value of ${name}">`;
  const where = i === null ? `The bias of ${link(l, j)}.` : `On the arrow from ${nameOf(l - 1, i)} to ${link(l, j)}.`;
  const because = i === null
    ? `${z} = … + ${name}: it changes as much as the bias`
    : `${z} = … + ${name}·${source} + …: it changes ${source} = ${format(found.local)} times as much as the weight`;
  const parts = [
    line(`∂L/∂${name} = ∂L/∂${z} · ${source} = ${bracket(found.upstream)} · ${bracket(found.local)} = ${bold(found.contribution)}`),
    line(`because ${because}`, "why"),
    ...(found.terms ? throughUnits(found, l, j, z, h) : [throughLoss(found, z, h)]),
  ];
  return `<h3>${name} = ${field}</h3>${line(where, "text")}<div class="receipt" id="receipt">${parts.join("")}</div>` +
    nextStep(l, j, i, found.value, name);
}

// The gradient by the weighted sum of a hidden unit: from all units that read it.
function throughUnits(found, l, j, z, h) {
  const total = found.terms.reduce((sum, term) => sum + term.product, 0);
  return [
    line(`∂L/∂${z} = ∂L/∂${h} · ${activationOf(l)}′(${z}) = ${bracket(total)} · ${bracket(found.slope)} = ${data(found.upstream)}`),
    line(`∂L/∂${h} = ${sum(found.terms.map((_, k) => `∂L/∂${sumName(l + 1, k)}·${link(l + 1, k, j)}`))}`),
    line(`&nbsp; = ${sum(found.terms.map((term) => `${bracket(term.delta)}·${bracket(term.weight)}`))} = ${data(total)}`),
    line(`one term for each unit that reads ${h}`, "why"),
  ];
}

function throughLoss(found, z, h) {
  const last = state.network.sizes.length - 1, y = `${h} = ${activationOf(last)}(${format(found.total)}) = ${format(found.output)}`;
  return line(`∂L/∂${z} comes through ${y} and the loss ${escaped(PAGE.loss)}, L = ${format(found.loss)}`, "why");
}

function nextStep(l, j, i, value, name) {
  const { training, network } = state, { options } = training, rows = training.batch();
  const g = network.mean(rows, options.penalty, options.strength)[1][i === null ? network.bias(l, j) : network.weight(l, j, i)];
  const extra = options.penalty ? `, with the ${options.penalty} penalty` : "";
  const of = rows.length === 1 ? "one sample" : `${rows.length} samples`;
  return line(`The next step takes the mean over a batch of ${of}${extra}: ${data(g)}.`, "text") +
    line(`${name} ← ${data(value)} − ${options.lr} · ${bracket(g)} = ${bold(value - options.lr * g)}`);
}

const NOTHING = line("Choose a unit to see what it sees, or an arrow for the receipt of its weight's gradient. " +
  "A click in the plane chooses the sample.", "text");

function showPanel() {
  const { chosen } = state, focused = document.activeElement;
  $("sample-text").textContent = sampleText();
  if (focused && focused.id === "value") return;  // a number is being typed there
  const held = focused && focused.dataset.go;
  const isUnit = chosen && chosen.i === undefined;
  $("panel").innerHTML = !chosen ? NOTHING : isUnit ? unitPanel(chosen.l, chosen.j) : weightPanel(chosen.l, chosen.j, chosen.i);
  if (held) ($("panel").querySelector(`[data-go="${held}"]`) || $("panel")).focus();  // the keyboard stays where it was
}
