// The signs of the shell's language, which are Python's, and what is wrong with a text, in the words of the shell.

class ExpressionError extends Error {
  constructor(message, at = null) {
    super(message);
    this.at = at; // the place in the text, if there is one
  }
}

const BINARY = [
  // from the loosest to the tightest; comparisons, "not" and powers have rules of their own
  ["|"],
  ["^"],
  ["&"],
  ["<<", ">>"],
  ["+", "-"],
  ["*", "/", "//", "%", "@"],
];
const COMPARE = ["<", "<=", ">", ">=", "==", "!=", "in", "is"];
const AUGMENTED = ["+=", "-=", "*=", "/=", "//=", "%=", "**=", "@=", "&=", "|=", "^=", ">>=", "<<="];
const OPERATORS = [
  ...AUGMENTED,
  "**",
  "//",
  "<<",
  ">>",
  "<=",
  ">=",
  "==",
  "!=",
  "->",
  ":=",
  "...",
  "<>",
  "=",
  "+",
  "-",
  "*",
  "/",
  "%",
  "@",
  "|",
  "^",
  "&",
  "~",
  "<",
  ">",
  "(",
  ")",
  "[",
  "]",
  "{",
  "}",
  ",",
  ":",
  ".",
  ";",
].sort((a, b) => b.length - a.length);
const KEYWORDS = new Set(data.keywords);
const CLOSING = {")": "(", "]": "[", "}": "{"};
const DIGITS = "\\d+(?:_\\d+)*";
const DECIMAL = `(?:${DIGITS}\\.?(?:${DIGITS})?|\\.${DIGITS})(?:[eE][+-]?${DIGITS})?`;
const NUMBER = new RegExp(`(?:0[xX](?:_?[\\da-fA-F])+|0[bB](?:_?[01])+|0[oO](?:_?[0-7])+|${DECIMAL})[jJ]?`, "uy");
const NAME = /[\p{XID_Start}_][\p{XID_Continue}]*/uy;
const STRING = /(?:[rRbBuUfF]{0,2})(?:"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')/uy;

function matched(pattern, text, at) {
  pattern.lastIndex = at;
  const found = pattern.exec(text);
  return found ? found[0] : "";
}

// The tokens of a text: {type, text, at, end}; line ends within brackets are none.
function tokens(text) {
  const found = [],
    open = [];
  let at = 0,
    lineStart = true;
  const push = (type, part, end) => {
    found.push({type, text: part, at, end});
    at = end;
  };
  while (at < text.length) {
    const sign = text[at];
    if (lineStart && !open.length) {
      const indent = matched(/[ \t\f]*/y, text, at);
      if (indent && found.length && !/[\n#]/.test(text[at + indent.length] || "\n"))
        throw new ExpressionError("unexpected indent", at + indent.length - 1);
      at += indent.length;
      lineStart = false;
      continue;
    }
    if (/[ \t\f]/.test(sign)) at++;
    else if (sign === "#") at += matched(/[^\n]*/y, text, at).length;
    else if (sign === "\n") {
      if (!open.length && found.length && found[found.length - 1].type !== "newline") push("newline", "\n", at + 1);
      else at++;
      lineStart = true;
    } else if (sign === "\\") {
      if (text[at + 1] !== "\n")
        throw at + 1 < text.length
          ? new ExpressionError("unexpected character after line continuation character", at + 1)
          : new ExpressionError("unexpected EOF while parsing", at + 1);
      at += 2;
    } else readToken(text, at, open, push);
  }
  if (found.length && found[found.length - 1].type !== "newline") push("newline", "", at);
  push("end", "", at);
  found.unclosed = open.length ? open[open.length - 1] : null;
  return found;
}

function readToken(text, at, open, push) {
  const string = matched(STRING, text, at);
  if (string) return push("string", string, at + string.length);
  if (/^[rRbBuUfF]{0,2}["']/.test(text.slice(at, at + 3))) {
    throw new ExpressionError(`unterminated string literal (detected at line ${text.slice(0, at).split("\n").length})`, at);
  }
  if (/\d/.test(text[at]) || /^\.\d/.test(text.slice(at, at + 2))) return readNumber(text, at, push);
  const name = matched(NAME, text, at);
  if (name) return push(KEYWORDS.has(name) ? "keyword" : "name", name.normalize("NFKC"), at + name.length);
  const operator = OPERATORS.find((sign) => text.startsWith(sign, at));
  if (operator) {
    if ("([{".includes(operator)) open.push({sign: operator, at});
    if (operator in CLOSING) {
      const last = open.pop();
      if (!last) throw new ExpressionError(`unmatched '${operator}'`, at);
      if (last.sign !== CLOSING[operator]) {
        const lines = text.slice(last.at, at).includes("\n") ? ` on line ${text.slice(0, last.at).split("\n").length}` : "";
        throw new ExpressionError(`closing parenthesis '${operator}' does not match opening parenthesis '${last.sign}'${lines}`, at);
      }
    }
    return push("operator", operator, at + operator.length);
  }
  const sign = String.fromCodePoint(text.codePointAt(at));
  if (/[$?!`]/.test(sign)) return push("strange", sign, at + 1);
  const code = `U+${sign.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
  throw new ExpressionError(isPrintable(sign) ? `invalid character '${sign}' (${code})` : `invalid non-printable character ${code}`, at);
}

function readNumber(text, at, push) {
  const number = matched(NUMBER, text, at),
    end = at + number.length;
  if (/^0\d*[1-9]\d*$/.test(number)) {
    throw new ExpressionError("leading zeros in decimal integer literals are not permitted; use an 0o prefix for octal integers", at);
  }
  const behind = matched(NAME, text, end);
  if (behind && !KEYWORDS.has(behind)) throw new ExpressionError("invalid decimal literal", end - 1);
  push("number", number, end);
}

const isPrintable = (sign) => sign === " " || !/[\p{C}\p{Z}]/u.test(sign);
const oneLine = (text) => [...text].map((sign) => (isPrintable(sign) ? sign : /\s/.test(sign) ? " " : "\ufffd")).join("");

// -- remedies: how mathematics on paper is written here -----------------------------------------------------------------
const COEFFICIENT =
  /(?<![\p{L}\p{N}_.])((?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)(?![eE][+-]?\d)(?!(?<=0)[xXoObB])([\p{L}_][\p{L}\p{N}_]*)/u;
const NEIGHBOURS = /([\p{L}\p{N}_.]+)[ \t]+(?=([\p{L}\p{N}_.]+|\())|\)[ \t]*(?=([\p{L}\p{N}_.]+|\())/gu;

const FORGOTTEN_COMMA = "Perhaps you forgot a comma?";

// The error with a remedy behind it, and at its place, if one stands near.
function withRemedy(error, text, functions) {
  const start = text.lastIndexOf("\n", error.at - 1) + 1,
    end = text.indexOf("\n", error.at);
  const line = text.slice(start, end < 0 ? text.length : end),
    column = error.at - start;
  const found = remedy(line, column, functions);
  const said = error.message === FORGOTTEN_COMMA ? "invalid syntax" : error.message; // one remedy is enough
  return found ? new ExpressionError(`${said}: ${found[0]}`, start + found[1]) : error;
}

function remedy(line, column, functions) {
  const start = Math.max(0, column - 40),
    part = line.slice(start, column + 40),
    sign = part[column - start];
  if (Object.hasOwn(data.signs, sign || "")) return [`write ${data.signs[sign]}`, column];
  const coefficient = COEFFICIENT.exec(part);
  if (coefficient) return [`a product is written ${coefficient[1]}*${coefficient[2]}`, start + coefficient.index];
  if (part.includes("|")) return ["an absolute value is written abs(...)", start + part.indexOf("|")];
  for (const found of part.matchAll(NEIGHBOURS)) {
    const left = found[1] || ")",
      right = found[2] || found[3];
    if (Object.hasOwn(functions, left) && right !== "(") return [`write ${left}(${right})`, start + found.index];
    if (!KEYWORDS.has(left) && !KEYWORDS.has(right))
      return [`a product is written with *: ${left}*${right}`, start + found.index + found[0].length];
  }
  return null;
}

// A question for the name that was meant, if one is near: as it is written, or else in small letters.
function closest(name, known) {
  const small = Object.fromEntries(known.map((other) => [other.toLowerCase(), other]));
  const found = name.length < 100 ? nearest(name, known) || small[nearest(name.toLowerCase(), Object.keys(small))] : "";
  return found ? `did you mean ${found}?` : "";
}

// Twice the letters that match, over all letters, is at least 0.6 (Ratcliff and Obershelp).
function nearest(name, known) {
  let best = {ratio: 0, other: ""};
  for (const other of known) {
    const ratio = (2 * matching([...other], [...name])) / ([...other].length + [...name].length);
    if (ratio >= 0.6 && (ratio > best.ratio || (ratio === best.ratio && other > best.other))) best = {ratio, other};
  }
  return best.other;
}

function matching(a, b) {
  let length = 0,
    i = 0,
    j = 0;
  for (let p = 0; p < a.length; p++) {
    for (let q = 0; q < b.length; q++) {
      let k = 0;
      while (p + k < a.length && q + k < b.length && a[p + k] === b[q + k]) k++;
      if (k > length) [length, i, j] = [k, p, q];
    }
  }
  return length ? length + matching(a.slice(0, i), b.slice(0, j)) + matching(a.slice(i + length), b.slice(j + length)) : 0;
}
