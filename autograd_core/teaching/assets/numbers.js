// Numbers as Python writes them, and Python's mathematics: what it refuses is refused here, instead of giving NaN.

function repr(x) {
  if (Number.isNaN(x)) return "nan";
  if (!Number.isFinite(x)) return x > 0 ? "inf" : "-inf";
  if (x === 0) return Object.is(x, -0) ? "-0.0" : "0.0";
  const [, sign, first, rest, power] = x.toExponential().match(/^(-?)(\d)\.?(\d*)e([+-]\d+)$/);
  return sign + placed(first + rest, Number(power), 16, true);
}

// The digits of a number with the point where it belongs, or as a power of ten from 10 ** most on.
function placed(digits, power, most, point) {
  if (power < -4 || power >= most) {
    const fraction = digits.length > 1 ? `.${digits.slice(1)}` : "";
    return `${digits[0]}${fraction}e${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`;
  }
  if (power < 0) return `0.${"0".repeat(-power - 1)}${digits}`;
  const whole = digits.slice(0, power + 1).padEnd(power + 1, "0"),
    fraction = digits.slice(power + 1);
  return fraction ? `${whole}.${fraction}` : whole + (point ? ".0" : "");
}

// A number to so many significant digits, or exactly (null); whole numbers without a point. As Python's format(x, ".6g").
function numberText(x, digits = 6) {
  if (digits === null) return repr(x).replace(/\.0$/, "");
  if (x === 0 || !Number.isFinite(x)) return repr(x).replace(/\.0$/, "");
  // Where x lies between two such numbers, Python takes the even one.
  const even = digits > 1 ? `\\d\\.\\d{${digits - 2}}[02468]` : "[02468]\\.";
  const tie = x.toExponential(60).match(new RegExp(`^(-?${even})50+(e.*)$`));
  const text = tie ? tie[1].replace(/\.$/, "") + tie[2] : x.toExponential(digits - 1);
  const [, sign, first, rest, power] = text.match(/^(-?)(\d)\.?(\d*)e([+-]\d+)$/);
  return sign + placed((first + rest).replace(/(.)0+$/, "$1"), Number(power), digits, false);
}

// -- the functions that the rows call ----------------------------------------------------------------------------------
class DomainError extends Error {}
class Overflow extends Error {}

function checked(f) {
  return (...xs) => {
    const y = f(...xs);
    if (Number.isNaN(y) && !xs.some(Number.isNaN)) throw new DomainError();
    if (!Number.isNaN(y) && !Number.isFinite(y) && xs.every(Number.isFinite)) {
      // A pole is at 0, or within 1 of it; an infinite result from anywhere else is too large.
      throw (xs.length === 1 ? Math.abs(xs[0]) <= 1 : xs[0] === 0) ? new DomainError() : new Overflow();
    }
    return y;
  };
}

const math = Object.fromEntries(
  Object.getOwnPropertyNames(Math)
    .filter((name) => typeof Math[name] === "function")
    .map((name) => [name, checked(Math[name])]),
);
Object.assign(math, {
  pow: checked(pow),
  copysign,
  fmod: checked(fmod),
  erf,
  erfc,
  fabs: Math.abs,
  inf: Infinity,
  nan: NaN,
  atan2: Math.atan2,
});
math.divide = (x, y) => {
  if (y === 0) throw new DomainError();
  return x / y;
};
