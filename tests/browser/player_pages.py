"""What the tests of the player share: a graph, and what each frame of a graph should say."""

import autograd_core as ac
from autograd_core import Value, steps
from autograd_core.formulas.typesetting import number_text


def lecture(w=0.5):
    x, w, b = Value(2.0, "x"), Value(w, "w"), Value(1.0, "b")
    y = ac.sigmoid(w * x + b)
    loss = (y - 1) ** 2
    y.name, loss.name = "y", "L"
    return loss


def bracket(x):
    return f"({number_text(x)})" if x < 0 else number_text(x)


def expected_captions(output):
    """What each frame says, from the records of both passes."""
    record = steps(output)
    leaves = [step for step in record.forward if not step.node.parents]
    computed = [step for step in record.forward if step.node.parents]
    count = 1 + len(computed) + len(record.backward)
    out = record.backward[0].name
    given = ", ".join(step.name for step in leaves)
    yield f"Forward, step 1 of {count}", f"given: {given}", ", ".join(f"{step.name} = {number_text(step.value)}" for step in leaves)
    for i, step in enumerate(computed, 2):
        yield f"Forward, step {i} of {count}", f"{step.name} = {step.expression}", number_text(step.value)
    yield f"Seed, step {len(computed) + 2} of {count}", f"∂{out}/∂{out}", f"∂{out}/∂{out} = 1"
    for i, step in enumerate(record.backward[1:], len(computed) + 3):
        through = f"∂{out}/∂{step.consumer_name}"
        symbols = f"∂{out}/∂{step.name} += {through} · ∂{step.consumer_name}/∂{step.name}"
        if step.formula != number_text(step.local, None):
            symbols += f" = {through} · {step.formula}"
        product = f"{bracket(step.upstream)} · {bracket(step.local)} = {number_text(step.contribution)}"
        yield f"Backward, step {i} of {count}", symbols, f"{product}, sum {number_text(step.total)}"
