// What Python makes of a part of a text, in its normal form: so it is quoted in messages.
const TIGHTNESS = {"|": 6, "^": 7, "&": 8, "<<": 9, ">>": 9, "+": 10, "-": 10, "*": 11, "/": 11, "//": 11, "%": 11, "@": 11, "**": 13};

function unparse(part, least = 0) {
  const list = (parts) => parts.map((x) => unparse(x)).join(", ");
  const inBrackets = (text, own) => (own < least ? `(${text})` : text);
  switch (part.kind) {
    case "number":
      return numberSource(part.text);
    case "string":
      return part.text.replace(/^([rRbBuUfF]*)"([^'\\]*)"$/, "$1'$2'").replace(/^[uU]/, "");
    case "binary": {
      const own = TIGHTNESS[part.sign],
        power = part.sign === "**";
      return inBrackets(`${unparse(part.left, own + (power ? 1 : 0))} ${part.sign} ${unparse(part.right, own + (power ? -1 : 1))}`, own);
    }
    case "unary":
      return part.sign === "not" ? inBrackets(`not ${unparse(part.value, 4)}`, 4) : inBrackets(part.sign + unparse(part.value, 12), 12);
    case "compare":
      return inBrackets(part.parts.map((x, i) => (i ? ` ${part.signs[i - 1]} ` : "") + unparse(x, 6)).join(""), 5);
    case "logic":
      return inBrackets(part.parts.map((x) => unparse(x, part.word === "or" ? 3 : 4)).join(` ${part.word} `), part.word === "or" ? 2 : 3);
    case "conditional":
      return inBrackets(`${unparse(part.parts[0], 2)} if ${unparse(part.parts[1], 2)} else ${unparse(part.parts[2], 1)}`, 1);
    case "call":
      return `${unparse(part.function, 15)}(${list(part.parts)})`;
    case "keyword":
      return `${part.name}=${unparse(part.value)}`;
    case "attribute":
      return `${unparse(part.value, 15)}${part.value.kind === "number" && isWhole(part.value.text) ? " " : ""}.${part.name}`;
    case "element":
      return `${unparse(part.value, 15)}[${part.index.kind === "tuple" ? list(part.index.parts) : unparse(part.index)}]`;
    case "slice":
      return part.parts.map((x) => (x ? unparse(x) : "")).join(":");
    case "lambda":
      return inBrackets(`lambda${part.words ? ` ${part.words}` : ""}: ${unparse(part.value)}`, 0.5);
    case "starred":
      return `*${unparse(part.value, 6)}`;
    case "list":
      return `[${list(part.parts)}]`;
    case "set":
      return `{${part.parts.map((x) => (x.kind === "slice" ? x.parts.map((y) => unparse(y)).join(": ") : unparse(x))).join(", ") || ""}}`;
    case "tuple":
      return `(${list(part.parts)}${part.parts.length === 1 ? "," : ""})`;
    default:
      return part.text;
  }
}

const isWhole = (text) => /^(0[xXoObB][\da-fA-F_]+|[\d_]+)$/.test(text);
const numberSource = (text) =>
  isWhole(text)
    ? String(BigInt(text.replace(/_/g, "")))
    : /j$/i.test(text)
      ? `${numberText(parseFloat(text), null)}j`
      : repr(numberValue(text));
const numberValue = (text) => Number(text.replace(/_/g, ""));
