// The curve of the output against one leaf, the others held, with its tangent at the point.

const FRAME = {width: 440, height: 270, left: 62, right: 12, top: 12, bottom: 34};
const SAMPLES = [240, 80]; // of a small graph, and of a large one

// Numbers such as 1, 2 and 5 times a power of ten, a few of them between two ends.
function ticks(low, high, count) {
  const rough = (high - low) / count,
    power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find((factor) => factor * power >= rough) || 10);
  const found = [];
  for (let i = Math.ceil(low / step); i * step <= high && found.length < 20; i++) found.push(Number((i * step).toPrecision(12)));
  return found;
}

// The output at values of one leaf; NaN where it is not defined.
function sampled(graph, values, name, [low, high]) {
  const points = [],
    count = SAMPLES[Number(graph.recorded.length > 60)];
  for (let i = 0; i <= count; i++) {
    const x = low + ((high - low) * i) / count;
    try {
      forward(graph, {...values, [name]: x});
      points.push([x, graph.output.data]);
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
      points.push([x, NaN]);
    }
  }
  return points;
}

// The heights to show: nearly all of the curve, without the peaks beside a pole, and the point.
function heights(points, y) {
  const finite = points
    .map((point) => point[1])
    .filter(Number.isFinite)
    .sort((a, b) => a - b);
  const at = (share) => finite[Math.round(share * (finite.length - 1))];
  let low = finite.length ? Math.min(at(0.01), Number.isFinite(y) ? y : Infinity) : 0,
    high = finite.length ? Math.max(at(0.97), Number.isFinite(y) ? y : -Infinity) : 1;
  if (finite.length && high - low > 0.4 * (finite[finite.length - 1] - finite[0]))
    [low, high] = [Math.min(low, finite[0]), Math.max(high, finite[finite.length - 1])];
  const room = high - low > 1e-12 * Math.max(Math.abs(low), Math.abs(high), 1e-300) ? 0.08 * (high - low) : Math.abs(high) * 0.5 || 1;
  return [low - room, high + room];
}

// Draw into an svg; `point` is {x, y, slope}, of which y and slope are null where the formula is not defined.
function drawCurve(svg, {name, output, points, range, point, trail}) {
  const {width, height, left, right, top, bottom} = FRAME,
    [low, high] = heights(points, point.y),
    [from, to] = range;
  const px = (x) => left + ((x - from) / (to - from)) * (width - left - right);
  const py = (y) => height - bottom - ((y - low) / (high - low)) * (height - top - bottom);
  const parts = [
    drawn("clipPath", {id: "inside"}, drawn("rect", {x: left, y: top, width: width - left - right, height: height - top - bottom})),
  ];
  for (const x of ticks(from, to, 6)) {
    parts.push(
      drawn("line", {class: "grid", x1: px(x), x2: px(x), y1: top, y2: height - bottom}),
      drawn("text", {class: "x", x: px(x), y: height - bottom + 16}, numberText(x, 4)),
    );
  }
  for (const y of ticks(low, high, 5)) {
    parts.push(
      drawn("line", {class: "grid", x1: left, x2: width - right, y1: py(y), y2: py(y)}),
      drawn("text", {class: "y", x: left - 6, y: py(y) + 4}, numberText(y, 3)),
    );
  }
  let path = "",
    drawing = false;
  for (const [x, y] of points) {
    const shown = Number.isFinite(y) && Math.abs(py(y)) < 1e5;
    path += shown ? `${drawing ? "L" : "M"}${px(x).toFixed(1)} ${py(y).toFixed(1)}` : "";
    drawing = shown;
  }
  const inside = drawn("g", {"clip-path": "url(#inside)"}, drawn("path", {class: "curve", d: path}));
  for (const [x, y] of trail) inside.append(drawn("circle", {class: "trail", cx: px(x), cy: py(y), r: 2.5}));
  if (Number.isFinite(point.y)) {
    if (Number.isFinite(point.slope)) {
      const end = (x) => Math.max(-1e5, Math.min(1e5, py(point.y + point.slope * (x - point.x))));
      inside.append(drawn("line", {class: "tangent", x1: px(from), x2: px(to), y1: end(from), y2: end(to)}));
    }
    inside.append(drawn("circle", {class: "point", cx: px(point.x), cy: py(point.y), r: 6}));
  }
  parts.push(
    drawn("rect", {class: "frame", x: left, y: top, width: width - left - right, height: height - top - bottom}),
    inside,
    drawn("text", {class: "x name", x: width - right, y: height - 3}, name),
    drawn("text", {class: "y name", x: left - 6, y: top + 2}, output),
  );
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.replaceChildren(...parts);
  return (clientX) => {
    // the value of the leaf below a place on the screen
    const box = svg.getBoundingClientRect(),
      x = ((clientX - box.left) / box.width) * width;
    return Math.max(from, Math.min(to, from + ((x - left) / (width - left - right)) * (to - from)));
  };
}
