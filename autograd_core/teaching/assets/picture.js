// The picture: boxes and arrows laid out by dagre, whose texts change while one steps or drags.

const SVG = "http://www.w3.org/2000/svg";
const BOX = {width: 116, height: 58, low: 28}; // room for "grad -1.23457e-308" whatever it is now; a constant is lower
const LABEL = {width: 66, height: 15}; // of the number at an edge

function drawn(name, attributes, ...children) {
  const found = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) found.setAttribute(key, value);
  found.append(...children);
  return found;
}

const measure = document.createElement("canvas").getContext("2d");
function widthOf(text) {
  measure.font = "bold 13px Arial, sans-serif";
  return measure.measureText(text).width;
}

const shortened = (name) => (name.length <= 40 ? name : `${name.slice(0, 30)}…${name.slice(-9)}`);
const titleOf = (node) => [shortened(node.called), node.row ? node.row.symbol.replace("{c}", "") : ""].filter(Boolean).join("  ");
const kindOf = (node, graph, learned) =>
  node === graph.output ? "output" : node.kind !== "leaf" ? node.kind : learned.has(node.name) ? "parameter" : "input";

// Each operand of each node, and the point that its edge leaves from. In a large graph a leaf that is used again stands there as a
// small box with its name: edges through the whole picture could not be followed by the eye, and would take the layout minutes.
const LARGE = 30;

function usesOf(graph) {
  const used = new Set();
  return graph.order.flatMap((node) =>
    node.parents.map((parent, position) => {
      const again = graph.order.length > LARGE && parent.kind === "leaf" && used.has(parent);
      used.add(parent);
      return {node, position, parent, again, from: again ? `${parent.key} at ${node.key} ${position}` : String(parent.key)};
    }),
  );
}

// The places of nodes and edges, from left to right or from top to bottom.
function laidOut(graph, direction) {
  const places = new dagre.graphlib.Graph({multigraph: true}),
    uses = usesOf(graph),
    across = direction === "LR";
  places.setGraph({rankdir: direction, nodesep: across ? 16 : 22, edgesep: 12, ranksep: across ? 14 : 18, marginx: 10, marginy: 18});
  const box = (key, node, low) =>
    places.setNode(key, {
      width: Math.max(low ? BOX.low : BOX.width, widthOf(low ? shortened(node.called) : titleOf(node)) + 18),
      height: low ? BOX.low : BOX.height,
    });
  for (const node of graph.order) box(String(node.key), node, node.kind === "constant");
  for (const {node, parent, position, again, from} of uses) {
    if (again) box(from, parent, true);
    places.setEdge(from, String(node.key), parent.kind === "constant" ? {} : {...LABEL, labelpos: "c"}, String(position));
  }
  // Leaves that one operation reads stand in its order; the rest is dagre's, which avoids crossings.
  const constraints = graph.order
    .flatMap((node) => node.parents.slice(1).map((right, i) => [node.parents[i], right]))
    .filter(([left, right]) => left.key < right.key && !left.row && !right.row)
    .map(([left, right]) => ({left: String(left.key), right: String(right.key)}));
  dagre.layout(places, graph.order.length > LARGE ? {} : {constraints});
  return {places, uses, size: places.graph()};
}

const layouts = new WeakMap(); // by graph, and then by direction
function layout(graph, direction) {
  if (!layouts.has(graph)) layouts.set(graph, {});
  const known = layouts.get(graph);
  return (known[direction] = known[direction] || laidOut(graph, direction));
}

// The direction in which the graph appears larger in a room of this width and height.
function bestLayout(graph, width, height) {
  if (graph.order.length > 2 * LARGE) return layout(graph, width < height ? "TB" : "LR");
  const scale = ({size}) => Math.min(width / size.width, height / size.height);
  const across = layout(graph, "LR"),
    down = layout(graph, "TB");
  return scale(across) >= Math.min(1, scale(down)) ? across : down;
}

class Picture {
  constructor(room, opened) {
    this.room = room;
    this.opened = opened; // what a click on a node does
  }

  draw(graph, learned) {
    const width = (this.room.clientWidth || 800) - 14,
      narrow = width < 560,
      height = narrow ? 1e4 : Math.max(280, 0.67 * Math.min(window.innerHeight, screen.availHeight || 900));
    const {places, uses, size} = bestLayout(graph, width, height);
    // It fills the room, up to letters for the last row of a hall; where it would be too small to read, one scrolls along its length.
    const [least, most] = [width / size.width, height / size.height].sort((a, b) => a - b);
    const scale = least >= 0.62 ? Math.min(2.4, least) : Math.max(0.62, Math.min(narrow ? 0.75 : 1, most));
    const svg = drawn("svg", {
      viewBox: `0 0 ${size.width} ${size.height}`,
      width: size.width * scale,
      height: size.height * scale,
      role: "group",
      "aria-label": `computational graph of ${graph.output.called}, ${graph.order.length} nodes`,
    });
    this.graph = graph;
    this.edges = uses.map((use) => this.edge(use, places.edge(use.from, String(use.node.key), String(use.position))));
    this.boxes = graph.order.map((node) => this.box(node, places.node(String(node.key)), kindOf(node, graph, learned)));
    svg.append(
      ...this.edges.map((edge) => edge.group),
      ...this.boxes.map((box) => box.group),
      ...uses.filter((use) => use.again).map((use) => this.again(use.parent, places.node(use.from), kindOf(use.parent, graph, learned))),
    );
    this.room.replaceChildren(svg);
  }

  box(node, {x, y, width, height}, kind) {
    const left = x - width / 2,
      top = y - height / 2,
      rx = node.row ? 9 : 0;
    const text = (name, dy, content = "") => drawn("text", {class: name, x, y: top + dy}, content);
    const group = drawn("g", {class: `node ${kind}`});
    if (kind === "output")
      group.append(drawn("rect", {class: "second", x: left - 4, y: top - 4, width: width + 8, height: height + 8, rx: rx + 3}));
    group.append(
      drawn("rect", {class: "body", x: left, y: top, width, height, rx}),
      text("title", node.kind === "constant" ? 19 : 18, titleOf(node)),
    );
    if (node.kind === "constant") return {node, group};
    const dataText = text("data", 35),
      gradText = text("grad", 51);
    const marker = drawn("text", {class: "marker", "aria-hidden": "true", x: left + 10, y: top - 4}, "▼");
    group.append(" ", dataText, " ", gradText, " ", marker);
    group.setAttribute("tabindex", "0");
    group.setAttribute("role", "button");
    group.dataset.name = node.called;
    group.addEventListener("click", () => this.opened(node));
    group.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      event.stopPropagation();
      this.opened(node);
    });
    return {node, group, dataText, gradText};
  }

  again(leaf, {x, y, width, height}, kind) {
    const body = drawn("rect", {class: "body", x: x - width / 2, y: y - height / 2, width, height});
    const group = drawn("g", {class: `node again ${kind}`}, body, drawn("text", {class: "title", x, y: y + 4}, shortened(leaf.called)));
    group.addEventListener("click", () => this.opened(leaf));
    return group;
  }

  edge({node, position}, {points, x, y}) {
    const last = points[points.length - 1],
      before = points[points.length - 2];
    const length = Math.hypot(last.x - before.x, last.y - before.y) || 1,
      ux = (last.x - before.x) / length,
      uy = (last.y - before.y) / length;
    const back = {x: last.x - 8 * ux, y: last.y - 8 * uy};
    const tip = `${last.x},${last.y} ${back.x - 4 * uy},${back.y + 4 * ux} ${back.x + 4 * uy},${back.y - 4 * ux}`;
    const label = x === undefined ? null : drawn("text", {x, y: y + 4});
    const group = drawn(
      "g",
      {class: "edge"},
      drawn("path", {d: curved([...points.slice(0, -1), back])}),
      drawn("polygon", {points: tip}),
      ...(label ? [label] : []),
    );
    return {node, position, group, label};
  }

  // What the boxes and edges say at a frame: which are seen, and which are active.
  update({seen, totals, passed, now, failed, open}) {
    for (const {node, group, dataText, gradText} of this.boxes) {
      group.classList.toggle("now", now.has(node));
      group.classList.toggle("failed", node === failed);
      if (!dataText) continue;
      group.classList.toggle("pending", !seen.has(node));
      group.classList.toggle("open", node.called === open);
      dataText.textContent = node === failed ? "not defined" : `data ${seen.has(node) ? numberText(node.data) : "?"}`;
      gradText.textContent = `grad ${totals.has(node) ? numberText(totals.get(node)) : ""}`;
      group.setAttribute(
        "aria-label",
        `${titleOf(node)} ${dataText.textContent} ${gradText.textContent}; shows the receipt of its gradient`,
      );
      group.setAttribute("aria-pressed", String(node.called === open));
    }
    for (const {node, position, group, label} of this.edges) {
      const key = `${node.key} ${position}`;
      group.classList.toggle("now", passed.now.has(key));
      if (label) label.textContent = passed.done.has(key) ? numberText(Number(node.local[position])) : "";
    }
    this.reveal([...now]);
  }

  // Scroll the picture, and nothing else, until the active nodes are in sight.
  reveal(nodes) {
    if (!nodes.length) return;
    const inside = this.room.getBoundingClientRect();
    const places = nodes.map((node) => this.boxes[node.key].group.getBoundingClientRect());
    for (const [start, end, scroll] of [
      ["left", "right", "scrollLeft"],
      ["top", "bottom", "scrollTop"],
    ]) {
      const low = Math.min(...places.map((place) => place[start])),
        high = Math.max(...places.map((place) => place[end]));
      if (low < inside[start] || high > inside[end]) this.room[scroll] += (low + high - inside[start] - inside[end]) / 2;
    }
  }
}

// A smooth line that begins and ends at the first and the last point.
function curved(points) {
  const at = ({x, y}) => `${x.toFixed(1)} ${y.toFixed(1)}`,
    middle = (a, b) => ({x: (a.x + b.x) / 2, y: (a.y + b.y) / 2});
  if (points.length < 3) return `M${points.map(at).join("L")}`;
  let path = `M${at(points[0])}L${at(middle(points[0], points[1]))}`;
  for (let i = 1; i < points.length - 1; i++) path += `Q${at(points[i])} ${at(middle(points[i], points[i + 1]))}`;
  return `${path}L${at(points[points.length - 1])}`;
}
