// Gradient descent: a step, and many, which the picture follows.

function halt() {
  // a hand on the controls stops what runs by itself
  cancelAnimationFrame(running);
  running = null;
}

// One step: every leaf that learns moves against its gradient. False where that leads out of the domain, or to no number.
function descend() {
  const before = {...state.values},
    {graph} = state;
  if (state.failed) return false;
  for (const node of graph.leaves) if (state.learned.has(node.name)) state.values[node.name] -= state.rate * node.grad;
  let problem = Object.keys(before).find((name) => !Number.isFinite(state.values[name]));
  try {
    if (problem) throw new ExpressionError(`the step would make ${problem} infinite or no number: take a smaller learning rate`);
    forward(graph, state.values);
    backward(graph);
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    state.values = before;
    forward(graph, before);
    backward(graph);
    say(`stopped: ${error.message}`, true);
    return false;
  }
  const moved = Object.keys(before).some((name) => before[name] !== state.values[name]);
  state.trail.push(Object.fromEntries(Object.keys(before).map((name) => [name, [before[name], state.height]])));
  state.height = graph.output.data;
  if (state.trail.length > 1000) state.trail.shift();
  return moved;
}

function descendOften(count) {
  halt();
  const output = state.graph.output,
    from = output.data;
  state.height = from;
  let left = count,
    alive = true;
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches || count === 1,
    each = still ? count : Math.max(1, Math.ceil(count / 40));
  say("", true);
  const turn = () => {
    for (let i = 0; i < each && left > 0 && alive; i++) if ((alive = descend())) left--;
    syncLeaves();
    refresh();
    if (alive && left > 0) {
      running = requestAnimationFrame(turn);
      return;
    }
    running = null;
    const done = count - left;
    if (done || !find("#descent-text").textContent) {
      const stopped = find("#descent-text").textContent;
      const why = stopped ? `; ${stopped}` : alive ? "" : "; nothing moves any more";
      say(`${done} ${done === 1 ? "step" : "steps"}: ${output.called} ${numberText(from)} → ${numberText(output.data)}${why}`, true);
    }
  };
  turn();
}

function say(text, ofDescent = false) {
  find("#said").textContent = text;
  if (ofDescent) find("#descent-text").textContent = text;
}
