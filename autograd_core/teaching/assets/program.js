// What a parsed text means: its statements, the names that need values, and everything that is no arithmetic refused.

const ARITHMETIC = ["+", "-", "*", "/", "//", "%", "**"];

// The program of a text: {text, statements, inputs, places}; an ExpressionError if it is none.
function parse(given) {
  const text = given.replace(/\r\n?/g, "\n").trim();
  const strange = /[\0\ud800-\udfff]/.exec(text.replace(/[\ud800-\udbff][\udc00-\udfff]/g, "xx"));
  if (strange) {
    throw new ExpressionError(
      `an expression cannot hold ${strange[0] === "\0" ? "null bytes" : "halves of characters (is the text in another encoding?)"}`,
      strange.index,
    );
  }
  const long = /(?<![\p{L}\p{N}_.])\d{4000,}(?![\p{L}\p{N}_.])/u.exec(text);
  if (long) throw new ExpressionError("the number is too large for a float (1.8e308)", long.index);
  const program = {text, statements: [], inputs: [], places: {}};
  try {
    read(statementsOf(text), program);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new ExpressionError("the expression is nested too deeply: name its parts with assignments (a = ...; b = ...)");
  }
  return program;
}

function statementsOf(text) {
  let parser = null;
  try {
    parser = new Parser(text);
    return parser.program();
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    throw withRemedy(error, text, data.functions);
  }
}

function read(statements, program) {
  if (!statements.length) throw new ExpressionError("the expression is empty: write one such as exp(x*z) + x");
  const assigned = new Set();
  statements.forEach((statement, i) => {
    if (statement.kind === "other")
      throw new ExpressionError("only expressions and assignments (name = expression) are understood", statement.at);
    if (statement.kind === "expression" && i < statements.length - 1) {
      throw new ExpressionError("only the last part may be a bare expression: assign this one to a name", statement.at);
    }
    check(statement.value, program, assigned);
    if (statement.kind === "assignment") {
      if (program.inputs.includes(statement.name)) {
        throw new ExpressionError(`${statement.name} is used before it is assigned: choose another name for the result`, statement.at);
      }
      assigned.add(statement.name);
    }
    program.statements.push({name: statement.name || null, value: statement.value});
  });
}

// Refuse what is not arithmetic, and collect the names that need values.
function check(part, program, assigned) {
  let parts = [];
  if (part.kind === "number" && !/j$/i.test(part.text)) {
    if (isWhole(part.text) && !Number.isFinite(numberValue(part.text)))
      throw new ExpressionError("the number is too large for a float (1.8e308)", part.at);
  } else if (part.kind === "name") {
    if (part.name.includes("·")) {
      const product = part.name.replaceAll("·", "*");
      throw new ExpressionError(`${part.name} is read as one name: a product is written ${product}`, part.at);
    }
    if (!assigned.has(part.name) && !program.inputs.includes(part.name)) {
      program.inputs.push(part.name);
      program.places[part.name] = part.at;
    }
  } else if (part.kind === "binary" && ARITHMETIC.includes(part.sign)) parts = [part.left, part.right];
  else if (part.kind === "unary" && (part.sign === "-" || part.sign === "+")) parts = [part.value];
  else if (part.kind === "call" && part.function.kind === "name" && part.parts.every((x) => x.kind !== "keyword"))
    parts = operands(part, program, assigned);
  else if (part.kind === "element" && part.index.kind === "number" && isWhole(part.index.text)) parts = [part.value];
  else refuse(part);
  for (const x of parts) check(x, program, assigned);
}

// The operands of a call, if there is such a function and it takes so many.
function operands(part, program, assigned) {
  const name = part.function.name,
    kind = data.functions[name],
    given = part.parts;
  if (!Object.hasOwn(data.functions, name)) {
    if (assigned.has(name) || program.inputs.includes(name)) {
      throw new ExpressionError(`unknown function ${name}: a product is written with *: ${name}*(...)`, part.at);
    }
    const known = Object.keys(data.functions).sort();
    const close = closest(name === "σ" ? "sigmoid" : name, known);
    throw new ExpressionError(`unknown function ${name}: ${close || `known are ${known.join(", ")}`}`, part.at);
  }
  if (kind.one) {
    if (given.length !== 1)
      throw new ExpressionError(`${name} takes one list, such as ${name}([x, y]), not ${given.length} operands`, part.at);
  } else {
    const arity = kind.kind === "list" ? (kind.sequence ? null : 2) : kind.arity;
    const more = kind.kind === "family" ? given.length === 2 : kind.kind === "list" && given.length > 2;
    if (arity !== null && given.length !== arity && !more) {
      throw new ExpressionError(`${name} takes ${arity} operand${arity > 1 ? "s" : ""}, not ${given.length}`, part.at);
    }
  }
  return kind.sequence ? given.flatMap((x) => (x.kind === "list" ? x.parts : [x])) : given;
}

function refuse(part) {
  if (part.kind === "binary" && part.sign === "^") throw new ExpressionError("^ is not a power here: write x ** 2", part.at);
  let remedy = "use numbers, names, + - * / ** and functions of the table";
  if (part.kind === "binary" && part.sign === "|") remedy = "an absolute value is written abs(...)";
  else if (part.kind === "call" && part.function.kind !== "name" && part.function.kind !== "attribute")
    remedy = "a product is written with *, such as 2*(x + 1)";
  else if (part.kind === "call" && part.function.kind === "attribute" && Object.hasOwn(data.functions, part.function.name)) {
    const {name, value} = part.function;
    const operands = value.kind === "name" && data.modules.includes(value.text) ? part.parts : [value, ...part.parts];
    remedy = `write ${name}(${operands.map((x) => oneLine(unparse(x))).join(", ")})`;
  }
  throw new ExpressionError(`${oneLine(unparse(part))} is not understood: ${remedy}`, part.at);
}

// The names that are leaves: those of constants only where they have a value, and no function's.
function leavesOf(program, values) {
  return program.inputs.filter((name) => {
    if (Object.hasOwn(values, name)) return true;
    if (Object.hasOwn(data.functions, name)) {
      throw new ExpressionError(`no value for ${name}: ${name} is a function: write ${name}(...)`, program.places[name]);
    }
    return !Object.hasOwn(data.constants, name);
  });
}
