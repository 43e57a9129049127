// The shell's language: a text becomes a program, or one error with its place. The names it knows are those of `data`.

const STATEMENTS = [
  "import",
  "from",
  "pass",
  "return",
  "del",
  "global",
  "nonlocal",
  "assert",
  "raise",
  "break",
  "continue",
  "def",
  "class",
  "while",
  "for",
  "with",
  "try",
  "if",
  "async",
];

class Parser {
  constructor(text) {
    this.tokens = tokens(text);
    this.place = 0;
    this.depth = 0; // brackets around this place
    this.comma = null; // an expression in brackets behind which another begins
  }

  get next() {
    return this.tokens[this.place];
  }
  is(...texts) {
    return (this.next.type === "operator" || this.next.type === "keyword") && texts.includes(this.next.text);
  }
  take() {
    return this.tokens[this.place++];
  }
  accept(text) {
    return this.is(text) ? this.take() : null;
  }
  expect(text) {
    return this.accept(text) || this.fail();
  }

  fail() {
    const unclosed = this.tokens.unclosed;
    if (unclosed && (this.comma || this.next.at >= this.tokens[this.tokens.length - 1].at)) {
      throw new ExpressionError(`'${unclosed.sign}' was never closed`, unclosed.at);
    }
    throw this.comma
      ? new ExpressionError(FORGOTTEN_COMMA, this.comma.start)
      : new ExpressionError("invalid syntax", this.next.at);
  }

  program() {
    const statements = [];
    while (this.next.type !== "end") {
      statements.push(this.statement());
      if (!this.accept(";") && this.next.type !== "newline") this.fail();
      if (this.next.type === "newline") this.take();
    }
    return statements;
  }

  statement() {
    const at = this.next.at;
    if (this.is(...STATEMENTS)) {
      const word = this.take().text;
      if (this.next.type === "newline" && !["pass", "return", "raise", "break", "continue"].includes(word)) this.fail();
      while (this.next.type !== "newline" && !this.is(";")) this.take();
      return {kind: "other", at};
    }
    const parts = [this.tuple()];
    while (this.is("=")) {
      this.assignable(parts[parts.length - 1], parts.length > 1);
      this.take();
      parts.push(this.tuple());
    }
    if (parts.length === 1 && (this.is(":") || (this.next.type === "operator" && AUGMENTED.includes(this.next.text)))) {
      this.take();
      this.tuple();
      return {kind: "other", at};
    }
    if (parts.length === 1) return {kind: "expression", at, value: parts[0]};
    return parts.length === 2 && parts[0].kind === "name"
      ? {kind: "assignment", at, name: parts[0].name, value: parts[1]}
      : {kind: "other", at};
  }

  assignable(part, later) {
    const kinds = {
      number: "literal",
      string: "literal",
      call: "function call",
      binary: "expression",
      unary: "expression",
      compare: "comparison",
      logic: "expression",
      constant: part.text,
      conditional: "conditional expression",
      dictionary: "dict literal",
      ellipsis: "ellipsis",
    };
    if (!(part.kind in kinds)) return;
    const plain =
      later || ["compare", "logic", "constant", "conditional"].includes(part.kind) || (part.kind === "unary" && part.sign === "not");
    throw new ExpressionError(`cannot assign to ${kinds[part.kind]}${plain ? "" : " here. Maybe you meant '==' instead of '='?"}`, part.at);
  }

  tuple() {
    const first = this.starred();
    if (!this.is(",")) return first;
    const parts = [first];
    while (this.accept(","))
      if (!this.is(")", "=") && !["newline", "end"].includes(this.next.type) && !this.is(";")) parts.push(this.starred());
    return {kind: "tuple", at: first.at, start: first.start, parts};
  }

  starred() {
    const star = this.accept("*");
    return star ? {kind: "starred", at: star.at, start: star.at, value: this.binary(0)} : this.expression();
  }

  expression() {
    if (this.is("lambda")) return this.lambda();
    const first = this.disjunction();
    if (this.depth && this.startsExpression() && !this.comma) this.comma = this.followed(first);
    if (!this.is("if")) return first;
    this.take();
    const test = this.disjunction();
    if (!this.accept("else")) {
      if (this.next.type === "newline" || this.next.type === "end" || this.depth)
        throw new ExpressionError("expected 'else' after 'if' expression", first.start);
      this.fail();
    }
    return {kind: "conditional", at: first.at, start: first.start, parts: [first, test, this.expression()]};
  }

  lambda() {
    const at = this.take().at,
      words = [];
    while (!this.is(":") && this.next.type !== "newline" && this.next.type !== "end") words.push(this.take().text);
    this.expect(":");
    return {kind: "lambda", words: words.join(" ").replace(/ ?, ?/g, ", "), value: this.expression(), at, start: at};
  }

  startsExpression() {
    return ["name", "number", "string"].includes(this.next.type) || this.is("not", "True", "False", "None", "~", "{");
  }

  followed(first) {
    // whether an expression follows indeed
    const place = this.place;
    this.comma = first;
    try {
      this.expression();
    } catch {
      this.comma = null;
    } finally {
      this.place = place;
    }
    return this.comma;
  }

  disjunction() {
    return this.logic("or", () => this.logic("and", () => this.negation()));
  }

  logic(word, part) {
    const first = part();
    if (!this.is(word)) return first;
    const parts = [first];
    while (this.accept(word)) parts.push(part());
    return {kind: "logic", word, at: first.at, start: first.start, parts};
  }

  negation() {
    const sign = this.accept("not");
    if (sign) return {kind: "unary", sign: "not", at: sign.at, start: sign.at, value: this.negation()};
    const first = this.binary(0),
      parts = [first],
      signs = [];
    while (this.is(...COMPARE) || (this.is("not") && this.tokens[this.place + 1].text === "in")) {
      let word = this.take().text;
      if (word === "not" || (word === "is" && this.is("not"))) word += ` ${this.take().text}`;
      signs.push(word);
      parts.push(this.binary(0));
    }
    return signs.length ? {kind: "compare", signs, parts, at: first.at, start: first.start} : first;
  }

  binary(level) {
    if (level === BINARY.length) return this.unary();
    let left = this.binary(level + 1);
    while (this.is(...BINARY[level])) {
      const sign = this.take().text;
      left = {kind: "binary", sign, left, right: this.binary(level + 1), at: left.start, start: left.start};
    }
    return left;
  }

  unary() {
    if (!this.is("+", "-", "~")) return this.power();
    const sign = this.take();
    return {kind: "unary", sign: sign.text, value: this.unary(), at: sign.at, start: sign.at};
  }

  power() {
    const left = this.primary();
    if (!this.accept("**")) return left;
    return {kind: "binary", sign: "**", left, right: this.unary(), at: left.start, start: left.start};
  }

  primary() {
    let part = this.atom();
    for (;;) {
      if (this.accept(".")) {
        if (this.next.type !== "name") this.fail();
        part = {kind: "attribute", value: part, name: this.take().text, at: part.start, start: part.start};
      } else if (this.is("("))
        part = {kind: "call", function: part, ...this.bracket(")", () => this.argument()), at: part.start, start: part.start};
      else if (this.is("[")) {
        const {parts, trailing} = this.bracket("]", () => this.slice());
        if (!parts.length) {
          this.place--;
          this.fail();
        }
        const index = parts.length > 1 || trailing ? {kind: "tuple", parts, at: parts[0].at, start: parts[0].at} : parts[0];
        part = {kind: "element", value: part, index, at: part.start, start: part.start};
      } else return part;
    }
  }

  bracket(close, read) {
    // what stands in brackets, with commas between
    const start = this.take().at,
      parts = [];
    let trailing = false;
    this.depth++;
    while (!this.is(close)) {
      parts.push(read());
      trailing = false;
      if (!this.accept(",")) break;
      trailing = true;
    }
    this.expect(close);
    this.depth--;
    return {parts, trailing, start};
  }

  argument() {
    if (this.next.type === "name" && this.tokens[this.place + 1].text === "=") {
      const name = this.take();
      this.take();
      return {kind: "keyword", name: name.text, value: this.expression(), at: name.at, start: name.at};
    }
    if (this.is("**")) this.fail();
    return this.starred();
  }

  slice() {
    const at = this.next.at,
      parts = [null];
    if (!this.is(":")) parts[0] = this.expression();
    if (!this.is(":")) return parts[0];
    while (this.accept(":")) parts.push(this.is(":", "]", ",") ? null : this.expression());
    return {kind: "slice", parts, at, start: at};
  }

  atom() {
    const token = this.next;
    const as = (kind, more) => {
      this.take();
      return {kind, at: token.at, start: token.at, text: token.text, ...more};
    };
    if (token.type === "name") return as("name", {name: token.text});
    if (token.type === "number") return as("number");
    if (token.type === "string") return as("string");
    if (this.is("True", "False", "None")) return as("constant");
    if (this.is("...")) return as("ellipsis");
    if (this.is("[")) return {kind: "list", ...this.bracket("]", () => this.starred()), at: token.at};
    if (this.is("{")) return {kind: "set", ...this.bracket("}", () => this.slice()), at: token.at};
    if (!this.is("(")) this.fail();
    const {parts, trailing} = this.bracket(")", () => this.starred());
    if (parts.length !== 1 || trailing) return {kind: "tuple", parts, at: token.at, start: token.at};
    return {...parts[0], start: token.at}; // the place of what is in brackets is its own; what begins with it begins at the bracket
  }
}
