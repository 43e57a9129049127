// Both passes as tables, and the derivation, for the digits that are chosen.

function html(name, attributes, ...children) {
  const found = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) found.setAttribute(key, value);
  found.append(...children);
  return found;
}

function fillTable(table, headers, rows, numeric) {
  const cells = (kind, row) =>
    row.map((text, i) => html(kind, {...(kind === "th" ? {scope: "col"} : {}), ...(numeric.includes(i) ? {class: "number"} : {})}, text));
  table.tHead.replaceChildren(html("tr", {}, ...cells("th", headers)));
  table.tBodies[0].replaceChildren(...rows.map((row) => html("tr", {}, ...cells("td", row))));
}

function fillTables(find, graph, terms, digits) {
  const number = (x) => (x === null ? "–" : numberText(x, digits));
  fillTable(
    find("#forward"),
    ["node", "expression", "value"],
    graph.order.filter((node) => node.kind !== "constant").map((node) => [node.called, expressionOf(node), number(node.data)]),
    [2],
  );
  const local = (term) => {
    const text = localFormula(term.consumer, term.position),
      value = number(term.local);
    return text === value ? value : `${text} = ${value}`;
  };
  fillTable(
    find("#backward"),
    ["gradient of", "through", "upstream", "·", "local derivative", "= contribution", "sum"],
    terms.map((term) =>
      term.consumer
        ? [term.node.called, term.consumer.called, number(term.upstream), "·", local(term), number(term.contribution), number(term.total)]
        : [term.node.called, "seed", "", "", "", number(term.contribution), number(term.total)],
    ),
    [2, 5, 6],
  );
}

function fillDerivation(find, graph, digits) {
  const {forward: above, backward: below} = derivation(graph, digits);
  const row = ([left, ...steps]) =>
    html(
      "tr",
      {},
      html("th", {scope: "row"}, left),
      html(
        "td",
        {},
        ...steps.flatMap((step, i) => [html("span", {class: i === steps.length - 1 ? "step last" : "step"}, `= ${step}`), " "]),
      ),
    );
  find("#derivation").tBodies[0].replaceChildren(...above.map(row));
  find("#derivation").tBodies[1].replaceChildren(...below.map(row));
}

// Mark the line of the derivation that is about what a frame shows.
function markLine(find, graph, frame) {
  const name = frame.nodes[0].called,
    about = ["seed", "backward"].includes(frame.phase) ? `∂${graph.output.called}/∂${name}` : frame.phase === "forward" ? name : null;
  for (const row of find("#derivation").rows) row.classList.toggle("now", row.cells[0].textContent === about);
}
