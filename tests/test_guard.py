"""Each mistake as a student writes it, found at its line with the line to write instead."""

import pytest
from lessons import run

# The kind, the line, a part of the sentence, the line to write instead, and the code.
MISTAKES = {
    "own weight": ("rebound", "w = w - 0.1 * w.grad", "w is bound to a computed node", "w.data = w.data - 0.1 * w.grad", """
        w = Value(0.5, "w")
        for _ in range(5):
            loss = (w * 2.0 - 3.0) ** 2
            loss.backward()
            w = w - 0.1 * w.grad
        """),
    "own weight, in place": ("rebound", "w -= 0.1 * w.grad  # a step", "the next graph grows", "w.data -= 0.1 * w.grad", """
        def train():
            w = Value(0.5, "w")
            for _ in range(5):
                w.grad = 0.0
                loss = (w * 2.0 - 3.0) ** 2
                loss.backward()
                w -= 0.1 * w.grad  # a step
        train()
        """),
    "a plain list in a loop": ("rebound", "p = p - 0.1 * p.grad", "w in what the loop goes over keeps its number, and the step changes nothing",
                               "p.data = p.data - 0.1 * p.grad", """
        w, b = Value(0.5, "w"), Value(0.0, "b")
        (w * w + b).backward()
        for p in [w, b]:
            p = p - 0.1 * p.grad
        """),
    "a plain list in a loop of a function": ("rebound", "p = p - 0.1 * p.grad", "w in what the loop goes over keeps its number",
                                             "p.data = p.data - 0.1 * p.grad", """
        def train():
            w, b = Value(0.5, "w"), Value(0.0, "b")
            (w * w + b).backward()
            for i, p in enumerate([w, b]):
                p = p - 0.1 * p.grad
        train()
        """),
    "a node as data, of a leaf with another name": ("rebound", "q.data = (q - 0.1 * q.grad)",
                                                    "p.data is given a computed node", "p.data -= 0.1 * p.grad", """
        q = Value(0.5, "w1[1,1]")
        (q * q).backward()
        q.data = (q - 0.1 * q.grad)
        """),
    "added": ("rebound", "b = -0.1 * b.grad + b", "b is bound to a computed node", "b.data -= 0.1 * b.grad", """
        b = Value(0.5)
        (b * b).backward()
        b = -0.1 * b.grad + b
        """),
    "a list": ("rebound", "weights = [w - 0.1 * w.grad for w in weights]", "computed node", ".data -= 0.1 * ", """
        weights = [Value(0.5, "u"), Value(1.0, "v")]
        (weights[0] * weights[1]).backward()
        weights = [w - 0.1 * w.grad for w in weights]
        """),
    "an entry": ("rebound", "ws[i] = ws[i] - 0.1 * ws[i].grad", "ws[i] is bound to a computed node", "ws[i].data = ws[i].data - 0.1 * ws[i].grad", """
        ws = [Value(0.5), Value(1.0)]
        (ws[0] * ws[1]).backward()
        for i in range(2):
            ws[i] = ws[i] - 0.1 * ws[i].grad
        """),
    "an attribute": ("rebound", "self.w = self.w - 0.1 * self.w.grad", "computed node", "self.w.data = self.w.data - 0.1 * self.w.grad", """
        class Line:
            def __init__(self):
                self.w = Value(0.5)
            def learn(self):
                (self.w * self.w).backward()
                self.w = self.w - 0.1 * self.w.grad
        Line().learn()
        """),
    "a node as data": ("rebound", "w.data = w - 0.1 * w.grad", "w.data is given a computed node", "w.data -= 0.1 * w.grad", """
        w = Value(0.5, "w")
        (w * w).backward()
        w.data = w - 0.1 * w.grad
        """),
    "parameters in a loop": (
        "rebound", "p = p - 0.1 * p.grad", "of the model keeps its number, and the step changes nothing", "p.data = p.data - 0.1 * p.grad", """
        model = nn.MLP(2, [3, 1], seed=1)
        for _ in range(4):
            loss = nn.mse_loss([model(x) for x in X], Y)
            model.zero_grad()
            loss.backward()
            for p in model.parameters():
                p = p - 0.1 * p.grad
        """),
    "a step without .grad": ("rebound", "(w * w + b).backward()", "bound to a computed node in each round", "p.data -= lr * gradient", """
        w, b = Value(0.5, "w"), Value(1.0, "b")
        for _ in range(5):
            (w * w + b).backward()
            g = 0.25
            w = w - 0.1 * g
        """),
    "zero_grad forgotten": ("zero_grad", "loss.backward()", "still hold those of the backward() before", "model.zero_grad()", """
        model = nn.MLP(2, [3, 1], seed=1)
        optimizer = nn.SGD(model.parameters(), lr=0.1)
        for _ in range(3):
            loss = nn.mse_loss([model(x) for x in X], Y)
            loss.backward()
            optimizer.step()
        """),
    "grad not set to 0": ("zero_grad", "loss.backward()", "The gradients of w still hold", "w.grad = 0.0 before this backward()", """
        w = Value(0.5)
        for _ in range(3):
            loss = (w * 2.0 - 3.0) ** 2
            loss.backward()
            w.data -= 0.1 * w.grad
        """),
    "number changed": ("changed", "loss.backward()", "The data of w (3 now) was changed after", "computes the output once more", """
        w, x = Value(0.5, "w"), Value(2.0, "x")
        loss = (w * x - 1.0) ** 2
        w.data = 3.0
        loss.backward()
        """),
    "numbers of a network changed": ("changed", "loss.backward()", "The data of w1, w2, b was changed after the graph", "computes the output once more", """
        model = nn.Neuron(2, "tanh", seed=1)
        loss = nn.mse_loss([model(x) for x in X], Y)
        for _ in range(2):
            model.zero_grad()
            loss.backward()
            for p in model.parameters():
                p.data -= 0.1 * p.grad
        """),
    "interior number set": ("changed", "hidden.backward()", "The data of h (7 now) was changed", "computes the output once more", """
        w = Value(2.0)
        h = w * 3.0
        hidden = h.tanh()
        h.data = 7.0
        hidden.backward()
        """),
    "backward without parentheses": ("no step", "optimizer.step()", "no backward() has reached", "loss.backward(), with its parentheses", """
        model = nn.MLP(2, [3, 1], seed=1)
        optimizer = nn.SGD(model.parameters(), lr=0.1)
        for _ in range(3):
            loss = nn.mse_loss([model(x) for x in X], Y)
            optimizer.zero_grad()
            loss.backward
            optimizer.step()
        """),
    "zero_grad in the wrong place": ("no step", "optimizer.step()", "all gradients are 0", "before optimizer.step()", """
        model = nn.MLP(2, [3, 1], seed=1)
        optimizer = nn.Adam(model.parameters())
        for _ in range(3):
            nn.mse_loss([model(x) for x in X], Y)
            optimizer.zero_grad()
            optimizer.step()
        """),
    "zero_grad after backward": ("no step", "optimizer.step()", "that backward() had found were set to 0 before it", "before loss.backward()", """
        model = nn.MLP(2, [3, 1], seed=1)
        optimizer = nn.SGD(model.parameters(), lr=0.1)
        for _ in range(5):
            loss = nn.mse_loss([model(x) for x in X], Y)
            loss.backward()
            optimizer.zero_grad()
            optimizer.step()
        """),
    "another model": ("no step", "optimizer.step()", "no backward() has reached these parameters", "made with the parameters of this model", """
        model, old = nn.MLP(2, [3, 1], seed=1), nn.MLP(2, [3, 1], seed=1)
        optimizer = nn.SGD(old.parameters(), lr=0.1)
        model.zero_grad()
        nn.mse_loss([model(x) for x in X], Y).backward()
        optimizer.step()
        """),
    "a rate of 0": ("no step", "optimizer.step()", "the learning rate is 0", "optimizer.lr = 0.01", """
        model = nn.MLP(2, [3, 1], seed=1)
        optimizer = nn.SGD(model.parameters(), lr=0)
        nn.mse_loss([model(x) for x in X], Y).backward()
        optimizer.step()
        """),
    "step without parentheses": ("no step", "loss.backward()", "no parameter has changed", "optimizer.step(), with its parentheses", """
        model = nn.MLP(2, [3, 1], seed=1)
        optimizer = nn.SGD(model.parameters(), lr=0.1)
        for _ in range(4):
            loss = nn.mse_loss([model(x) for x in X], Y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step
        """),
    "new leaves": ("no step", "loss.backward()", "no parameter has changed", "p.data -= 0.1 * p.grad", """
        model = nn.MLP(2, [3, 1], seed=1)
        for _ in range(4):
            loss = nn.mse_loss([model(x) for x in X], Y)
            model.zero_grad()
            loss.backward()
            for p in model.parameters():
                p = Value(p.data - 0.1 * p.grad)
        """),
    "a rate that is too large": ("diverged", "loss.backward()", "The output is inf", "a smaller learning rate", """
        w = Value(0.5, "w")
        for _ in range(400):
            w.grad = 0.0
            loss = (w * 3.0 - 1.0) ** 2
            loss.backward()
            w.data -= 0.5 * w.grad
        """),
    "a growing sum": ("growing", "total.backward()", "The graph grows from step to step: 4 of its 8", "total += loss.data", """
        w, total = Value(0.5), 0.0
        for _ in range(5):
            total = total + (w * 2.0 - 3.0) ** 2
            w.grad = 0.0
            total.backward()
            w.data -= 0.01 * w.grad
        """),
    "a sum that is kept": ("growing", "total.backward()", "the gradients of that sum, which the leaves hold already, are added", "total = 0.0 inside", """
        model, total = nn.MLP(2, [3, 1], seed=1), 0.0
        for x, t in zip(X, Y):
            total += nn.squared_error(model(x), t)
            total.backward()
        """),
    "a sum that is kept over epochs": ("growing", "total.backward()", "The graph grows from step to step: 35 of its 70", "total += loss.data", """
        model, total = nn.MLP(2, [3, 1], seed=1), 0.0
        optimizer = nn.SGD(model.parameters(), lr=0.1)
        for _ in range(4):
            total += nn.mse_loss([model(x) for x in X], Y)
            optimizer.zero_grad()
            total.backward()
            optimizer.step()
        """),
    "a detached loss": ("detached", "loss.backward()", "loss is a leaf, made from a number", "without loss = Value(loss.data)", """
        model = nn.MLP(2, [3, 1], seed=1)
        optimizer = nn.SGD(model.parameters(), lr=0.1)
        for _ in range(3):
            loss = Value(nn.mse_loss([model(x) for x in X], Y).data)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        """),
    "a detached loss with a name, by hand": ("detached", "loss.backward()", "loss is a leaf", "without loss = Value(loss.data)", """
        w = Value(0.5, "w")
        for _ in range(3):
            loss = (w * 2.0 - 3.0) ** 2
            loss = Value(loss.data, "loss")
            loss.backward()
            w.data -= 0.1 * w.grad
        """),
    "a detached loss that is a round number": ("detached", "optimizer.step()", "loss is a leaf", "without loss = Value(loss.data)", """
        w = nn.Parameter(0.5)
        optimizer = nn.SGD([w], lr=0.1)
        loss = Value(((w * 2.0 - 3.0) ** 2).data)
        loss.backward()
        optimizer.step()
        """),
    "detached predictions": ("no step", "optimizer.step()", "a number was taken out of it on the way", "the loss from model(x) itself", """
        model = nn.MLP(2, [3, 1], seed=1)
        optimizer = nn.SGD(model.parameters(), lr=0.1)
        for _ in range(3):
            predictions = [Value(model(x).data) for x in X]
            optimizer.zero_grad()
            nn.mse_loss(predictions, Y).backward()
            optimizer.step()
        """),
    "a step in single precision": ("no float", "loss.backward()", "The data of w is a float32 and no float", "w.data -= float(...)", """
        import numpy as np
        w = Value(0.5, "w")
        for _ in range(3):
            w.grad = 0.0
            loss = tanh(w * 2.0 - 3.0)
            loss.backward()
            w.data -= np.float32(0.1) * w.grad
        """),
    "step neuron": ("flat", "loss.backward()", "step has the derivative 0 everywhere", "sigmoid in the place of step", """
        w, b = Value(0.5, "w"), Value(0.1, "b")
        loss = (step(w * 2.0 + b) - 0.0) ** 2
        loss.backward()
        """),
    "sign network": ("flat", "loss.backward()", "sign has the derivative 0 everywhere", "tanh in the place of sign", """
        model = nn.MLP(2, [3, 1], activation="sign", seed=1)
        loss = nn.mse_loss([model(x) for x in X], Y)
        loss.backward()
        """),
    "fit of a perceptron": ("flat", "nn.Perceptron(2).fit(X, Y, epochs=2)", "gradient descent never changes", "the perceptron rule", """
        nn.Perceptron(2).fit(X, Y, epochs=2)
        """),
    "fit of steps, eagerly": ("flat", 'model.fit(X, Y, epochs=1, dialect="eager")', "step has the derivative 0", "sigmoid", """
        model = nn.MLP(2, [3, 1], activation="step", seed=1)
        model.fit(X, Y, epochs=1, dialect="eager")
        """),
    "two sigmoids": ("sigmoid before bce_with_logits", "loss.backward()", "takes the sigmoid itself", 'output="linear"', """
        model = nn.MLP(2, [3, 1], output="sigmoid", seed=1)
        loss = nn.binary_cross_entropy_with_logits([model(x) for x in X], Y)
        loss.backward()
        """),
    "two sigmoids in fit": ("sigmoid before bce_with_logits", 'model.fit(X, Y, loss="bce_with_logits", epochs=1)', "sigmoids already", '"bce"', """
        model = nn.MLP(2, [3, 1], output="sigmoid", seed=1)
        model.fit(X, Y, loss="bce_with_logits", epochs=1)
        """),
    "two softmaxes": ("softmax before cross_entropy", "loss.backward()", "takes the softmax itself", "without an activation", """
        model = nn.MLP(2, [3, 2], output="softmax", seed=1)
        loss = nn.cross_entropy([model(x) for x in X], [0, 1, 1, 0])
        loss.backward()
        """),
    "sigmoids for classes": ("sigmoid before cross_entropy", 'model.fit(X, [0, 1, 1, 0], loss="cross_entropy", epochs=1)', "a sigmoid", "", """
        model = nn.MLP(2, [3, 2], output="sigmoid", seed=1)
        model.fit(X, [0, 1, 1, 0], loss="cross_entropy", epochs=1)
        """),
    "bce on a linear output": ("linear output before bce", "loss.backward()", "nothing keeps between 0 and 1", 'output="sigmoid"', """
        model = nn.Neuron(2, "linear", init="zeros")
        model.b.data = 0.5
        loss = nn.binary_cross_entropy([model(x) for x in X], Y)
        loss.backward()
        """),
    "bce on a linear output in fit": ("linear output before bce", 'model.fit(X, Y, loss="bce", epochs=1)', "bce takes probabilities", "", """
        model = nn.Neuron(2, "linear", init="zeros")
        model.b.data = 0.5
        model.fit(X, Y, loss="bce", epochs=1)
        """),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_found_at_its_line(name):
    kind, line, sentence, remedy, code = MISTAKES[name]
    findings, lines = run(code)
    assert [(finding.kind, at) for finding, at in zip(findings, lines)] == [(kind, line)]
    assert sentence in findings[0].sentence
    assert remedy in findings[0].remedy
