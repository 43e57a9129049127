(function (root, sheet) {
  "use strict";
  if (!root) return;
  FUNCTIONS
  const fields = [...root.querySelectorAll("[data-blank]")].sort((a, b) => a.dataset.blank - b.dataset.blank);
  const find = (selector) => root.querySelector(selector);

  // -- what a student wrote ---------------------------------------------------------------------------------------
  function plain(text) {
    for (const [sign, replacement] of Object.entries(sheet.signs)) text = text.split(sign).join(replacement);
    text = text.slice(text.lastIndexOf("=") + 1).trim().replace(/^[≈~ ]+/, "");
    return text.includes("(") ? text : text.replace(/(\d),(?=\d)/g, "$1.");
  }

  // null for nothing; else a number with half a unit of its last figure, or a problem.
  function read(written, names) {
    const text = plain(written);
    if (written.trim() === "") return null;
    const match = text.match(/^[-+]?(?:\d+\.?(\d*)|\.(\d+))(?:[eE]([-+]?\d+))?$/);
    if (match) {
      const places = (match[1] || match[2] || "").length - Number(match[3] || 0);
      return { number: Number(text), half: 0.5 * 10 ** -places };
    }
    try {
      return { number: evaluate(text, names), half: 0 };
    } catch (error) {
      return { problem: error.message };
    }
  }

  // The words and signs of a formula, with a * where it is left out on paper.
  const word = /^[\p{L}_][\p{L}\p{N}_]*$/u;
  function split(text, names) {
    const longest = Object.keys(names).sort((a, b) => b.length - a.length), first = [];
    first[text.length] = ""; // at each place from which the rest is names, the name there
    for (let start = text.length - 1; start >= 0; start--) {
      const found = longest.find((name) => name && text.startsWith(name, start) && first[start + name.length] !== undefined);
      if (found) first[start] = found;
    }
    const parts = [];
    for (let start = 0; first[start]; start += parts[parts.length - 1].length) parts.push(first[start]);
    return parts;
  }
  function words(text, names) {
    const special = Object.keys(names).filter((name) => !word.test(name)).sort((a, b) => b.length - a.length);
    const code = (sign) => "\\u{" + sign.codePointAt(0).toString(16) + "}";
    const escaped = special.map((name) => name.replace(/[.*+?^${}()|[\]\\\/#-]/g, code));
    const pattern = [...escaped, "(?:\\d+\\.?\\d*|\\.\\d+)(?:[eE][-+]?\\d+)?", "[\\p{L}_][\\p{L}\\p{N}_]*", "\\*\\*", "\\S"].join("|");
    const found = text.match(new RegExp(pattern, "gu")) || [], result = [];
    const single = found.flatMap((part, i) => {
      const isCall = !Object.hasOwn(names, part) && Object.hasOwn(functions, part) && found[i + 1] === "(";
      const parts = isCall || !word.test(part) ? [] : split(part, names);
      return parts.length ? parts : [part];
    });
    for (const part of single) {
      const before = result[result.length - 1] || "";
      const afterFactor = Object.hasOwn(names, before) || /[)\d.]$/.test(before);
      if (afterFactor && (part === "(" || Object.hasOwn(names, part) || word.test(part))) result.push("*");
      result.push(part);
    }
    return result;
  }

  // A formula: sums of products of powers of numbers, names, brackets and functions of one operand.
  function evaluate(text, names) {
    const parts = words(text, names);
    let at = 0;
    const take = (sign) => parts[at] === sign && ++at > 0;

    function sum() {
      let total = product();
      for (;;) {
        if (take("+")) total += product();
        else if (take("-")) total -= product();
        else return total;
      }
    }
    function product() {
      let total = signed();
      for (;;) {
        if (take("*")) total *= signed();
        else if (take("/")) total /= signed();
        else return total;
      }
    }
    function signed() {
      if (take("-")) return -signed();
      return take("+") ? signed() : power();
    }
    function power() {
      const base = atom();
      return take("**") ? base ** signed() : base;
    }
    function atom() {
      if (take("(")) return closed(sum());
      const part = parts[at++];
      if (part === undefined) throw new Error("something is missing at the end");
      if (Object.hasOwn(names, part)) return names[part];
      if (/^[\d.]*\d/.test(part)) return Number(part);
      if (Object.hasOwn(functions, part) && take("(")) return closed(Number(functions[part](sum())));
      throw new Error("no value for " + part);
    }
    function closed(number) {
      if (!take(")")) throw new Error("a bracket is not closed");
      return number;
    }
    const number = sum();
    if (at < parts.length) throw new Error("what stands before " + parts[at] + " is complete without it");
    if (!Number.isFinite(number)) throw new Error("the formula is not defined there");
    return number;
  }

  // -- grading: as grading.py does it -------------------------------------------------------------------------------
  const liesNear = (answer, expected, distance) => Number.isFinite(expected) && Math.abs(answer.number - expected) <= 1.000001 * distance;
  function agrees(blank, answer, expected) {
    const scale = Math.abs(expected - blank.origin);
    return liesNear(answer, expected, Math.max(sheet.tolerance * scale, answer.half <= 0.0501 * scale ? answer.half : 0, 1e-12));
  }
  function agreesRoughly(blank, answer, expected) {
    return answer.half <= 0.501 * Math.abs(expected - blank.origin) && liesNear(answer, expected, answer.half);
  }

  function rightAnswers() {
    const right = sheet.blanks.map(() => NaN);
    sheet.blanks.forEach((blank, i) => { right[i] = blank.number === undefined ? program(right)[blank.right] : blank.number; });
    return right;
  }

  function misconceptions(blank, answer, given, right) {
    const here = program(given), there = program(right);
    return Object.keys(sheet.rules).filter((rule) => {
      const place = blank.variants[rule];
      return (place !== undefined && (agrees(blank, answer, here[place]) || agrees(blank, answer, there[place]))) ||
        (rule in blank.numbers && agrees(blank, answer, blank.numbers[rule]));
    });
  }

  function chosen(blank, written) {
    return { verdict: written === "" ? "empty" : blank.accepted.includes(written) ? "right" : "wrong", misconceptions: [] };
  }

  function grade(written) {
    const right = rightAnswers(), given = sheet.blanks.map(() => NaN), own = { ...sheet.names }, marks = [];
    const before = { ...sheet.names }; // with what would be right in the blanks before
    const mistaken = new Set(); // wrong answers, and what follows from them, also where the blank was left empty
    const kept = [...given]; // the same as given, in all the figures that one may have kept and not written
    sheet.blanks.forEach((blank, i) => {
      if (blank.accepted) { marks.push(chosen(blank, written[i])); return; }
      const [expected, unrounded] = [given, kept].map((numbers) => blank.variants ? program(numbers)[blank.right] : blank.number);
      const answer = read(written[i], own);
      const follows = (blank.before || []).some((j) => mistaken.has(j));
      let verdict = "wrong", found = [];
      if (answer === null) verdict = "empty";
      else if (answer.problem) verdict = "unreadable";
      else if (agrees(blank, answer, right[i])) verdict = "right";
      else if (agrees(blank, answer, expected) || agrees(blank, answer, unrounded)) verdict = follows ? "carried" : "right";
      if (answer && !["empty", "right"].includes(verdict)) {
        const again = read(written[i], before); // a formula that is right at the right numbers
        if (!again.problem && again.half === 0 && agrees(blank, again, right[i])) verdict = "right";
      }
      if (verdict === "wrong" && blank.variants) {
        found = misconceptions(blank, answer, given, right);
        if (!found.length && agreesRoughly(blank, answer, right[i])) verdict = "rough";
      }
      if (["wrong", "carried"].includes(verdict) || (follows && ["empty", "unreadable"].includes(verdict))) mistaken.add(i);
      given[i] = answer === null || answer.problem ? expected : answer.number;
      kept[i] = answer === null || answer.problem || agrees(blank, answer, unrounded) ? unrounded : answer.number;
      own[blank.key] = given[i];
      before[blank.key] = right[i];
      const hint = verdict === "wrong" && !found.length ? blank.hint : "";
      marks.push({ verdict, misconceptions: found, note: (answer && answer.problem) || hint });
    });
    return marks;
  }

  function remark(mark) {
    const said = sheet.verdicts[mark.verdict][2];
    const done = mark.misconceptions.map((rule) => sheet.rules[rule]);
    if (done.length) return said + ". It looks as if you " + done.join("; or ");
    return mark.note ? said + ": " + mark.note : said;
  }

  // -- what is shown ----------------------------------------------------------------------------------------------
  const verdictOf = (field) => field.parentElement.querySelector(".verdict");
  function clear(field) {
    field.parentElement.className = "blank";
    field.removeAttribute("aria-invalid");
    verdictOf(field).textContent = "";
  }

  function check() {
    const marks = grade(fields.map((field) => field.value));
    let points = 0;
    const remarks = find(".remarks");
    remarks.textContent = "";
    const lines = new Map(); // what is said of several answers is said once
    marks.forEach((mark, i) => {
      clear(fields[i]);
      points += sheet.verdicts[mark.verdict][1];
      fields[i].parentElement.classList.add(mark.verdict);
      fields[i].setAttribute("aria-invalid", String(["wrong", "unreadable"].includes(mark.verdict)));
      const sign = document.createElement("span");
      sign.textContent = sheet.verdicts[mark.verdict][0];
      sign.setAttribute("role", "img");
      sign.setAttribute("aria-label", remark(mark));
      sign.title = remark(mark);
      verdictOf(fields[i]).append(sign);
      const said = sheet.verdicts[mark.verdict][0] + "\n" + remark(mark);
      if (mark.verdict !== "right" && mark.verdict !== "empty") lines.set(said, [...(lines.get(said) || []), sheet.blanks[i].key]);
    });
    lines.forEach((keys, said) => {
      const line = document.createElement("li"), [sign, text] = said.split("\n");
      line.textContent = sign + " " + keys.join(", ") + ": " + text + ".";
      remarks.append(line);
    });
    const open = marks.filter((mark) => mark.verdict === "empty").length;
    find(".result").textContent = points + " of " + marks.length + " points" + (open ? ", " + open + " without an answer" : "");
    find(".reveal").hidden = false;
    root.autograd.marks = marks;
  }

  function reveal() {
    rightAnswers().forEach((number, i) => {
      const blank = sheet.blanks[i], text = blank.accepted ? blank.accepted[0] : String(Number(number.toPrecision(sheet.digits)));
      let shown = fields[i].parentElement.querySelector(".answer");
      if (!shown) {
        shown = document.createElement("b");
        shown.className = "answer";
        fields[i].parentElement.append(shown);
      }
      shown.textContent = text.replace("-", "−");
    });
  }

  function keep() {
    const answers = {};
    sheet.blanks.forEach((blank, i) => { answers[blank.key] = fields[i].value; });
    const link = document.createElement("a");
    const name = find(".name").value;
    const text = JSON.stringify({ sheet: sheet.title, name, answers }, null, 1);
    link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
    link.download = (sheet.title + " " + name).trim().replace(/[^\p{L}\p{N}]+/gu, "-") + ".json";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }

  find(".check").onclick = check;
  find(".reveal").onclick = reveal;
  find(".keep").onclick = keep;
  find(".print").onclick = () => window.print();
  fields.forEach((field) => {
    field.oninput = () => clear(field);
    field.onkeydown = (event) => { if (event.key === "Enter" && field.tagName === "INPUT") { event.preventDefault(); check(); } };
  });
  // JupyterLab takes no key from an element with this mark: else a letter in a field makes or deletes a cell.
  for (const part of [root, ...root.querySelectorAll("input, select, button")]) part.dataset.lmSuppressShortcuts = "true";
  root.classList.add("running");
  root.autograd = { sheet, grade, read, program };
  // Not the first of this id: a page may show one output twice, and each copy has a script of its own.
})([...document.querySelectorAll('[id="ROOT"]')].find((root) => !root.classList.contains("running")), SHEET);
