"""Programs in Node: their numbers to the bit, and what became of every call of a function, to replay it in Python."""

import json
import math
import struct
import subprocess
from functools import lru_cache

ULPS = 4  # that a function of Math may be off
OWN_ULPS = 8  # the error functions, which JavaScript does not have
FUNCTIONS = {"hypot": lambda x, y: abs(complex(x, y) + abs(0j)),  # see spelling.py
              "erfc": math.erfc, "erf": math.erf}
UNLIKE_PYTHON = {"abs", "sign", "fround", "ceil", "max", "min", "imul", "clz32", "random", "round"}  # exact, or not used in programs
HARNESS = """
const view = new DataView(new ArrayBuffer(8));
const bits = (x) => { view.setFloat64(0, x); return view.getBigUint64(0).toString(16).padStart(16, "0"); };
const double = (text) => { view.setBigUint64(0, BigInt("0x" + text)); return view.getFloat64(0); };
let calls, inside = 0;
const traced = (name, f) => (...xs) => {
  inside++;
  const y = f(...xs);
  inside--;
  if (!inside) calls.push([name, xs.map(bits), bits(y)]);
  return y;
};
for (const name of Object.getOwnPropertyNames(Math)) if (typeof Math[name] === "function") Math[name] = traced(name, Math[name]);
const own = (source) => ["pow", "erf", "erfc"].filter((name) => source.includes("function " + name + "("))
  .map((name) => `${name} = traced("${name}", ${name});`);
for (const line of require("fs").readFileSync(0, "utf8").trim().split("\\n")) {
  const [source, points] = JSON.parse(line);
  const program = new Function("traced", source + own(source).join("\\n") + "\\nreturn program;")(traced);
  console.log(JSON.stringify(points.map(([parameters, inputs]) => {
    calls = [];
    const found = program(parameters.map(double), inputs.map(double));
    return [found.flat().map(bits), calls];
  })));
}
"""


def bits(x):
    return struct.pack(">d", math.nan if x != x else x).hex()  # of nans there is one: Node does not keep their sign


def double(text):
    return struct.unpack(">d", bytes.fromhex(text))[0]


def in_node(node, programs):
    """For each program and each of its points, the numbers that it gives in Node, and the calls that it made."""
    lines = [json.dumps([one.source, [[list(map(bits, xs)) for xs in point] for point in points]]) for one, points in programs]
    done = subprocess.run([node, "-e", HARNESS], input="\n".join(lines), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    for line in done.stdout.splitlines():
        yield [
            ([double(x) for x in numbers], {(name, tuple(bits(double(x)) for x in xs)): double(y) for name, xs, y in calls})
            for numbers, calls in json.loads(line)
        ]


def ulps_apart(found, exact):
    if found == exact or (found != found and exact != exact):
        return 0.0
    return abs(found - exact) / math.ulp(exact) if math.isfinite(exact) else math.inf


def wrong_calls(calls):
    """The calls whose result is further from Python's than it may be."""
    for (name, at), found in calls.items():
        if name in UNLIKE_PYTHON:
            continue
        xs = list(map(double, at))
        try:
            exact = FUNCTIONS.get(name, getattr(math, name, None))(*xs)
        except ValueError:  # not defined
            exact = math.copysign(math.inf, found) if math.isinf(found) else math.nan
        except OverflowError:
            exact = math.copysign(math.inf, found)
        if ulps_apart(found, exact) > (OWN_ULPS if name in ("erf", "erfc") else ULPS):
            yield name, xs, found, exact, ulps_apart(found, exact)


class _Pair(tuple):
    """The operands of hypot, which Python writes as ``abs(complex(x, y) + abs(0j))``."""

    def __new__(cls, x, y):
        return super().__new__(cls, (x, y))

    def __add__(self, other):
        return self


@lru_cache(maxsize=16)
def _code(source):
    return compile(source, "<replayed>", "exec")


def replayed(source, calls, point):
    """What the Python source gives if its functions give what they gave in Node."""

    def function(name):
        return lambda *xs: calls[name, tuple(map(bits, xs))]

    names = {name: function(name) for name, _ in calls}
    names |= {"fabs": math.fabs, "copysign": math.copysign, "complex": _Pair}
    names["abs"] = lambda z: function("hypot")(*z) if isinstance(z, _Pair) else abs(z)
    names |= {"fmod": math.fmod, "inf": math.inf, "nan": math.nan}
    exec(_code(source), names)
    result = names["program"](*point)
    return [result[0], *result[1]] if isinstance(result, tuple) else result
