"use strict";
// ask(path, signal): what the server answers, as an object; { error } where it does not answer, and
// null once `signal` has aborted. A page asks everything here, so that it works in two places:
//
// - served by `qnet explore`, every path is fetched;
// - as plain files on the web or on a disk (`qnet explore --static`), the answers lie beside the
//   page, in scripts that `ask.index` and `ask.part` take in: a page from a disk may fetch nothing.
//
// The plain files hold some settings, not all. Asked without a signal, for what the page shows, ask
// answers for the nearest setting that it holds, says so in words, and takes the page there: by
// `ask.move(fields)`, which writes the address (#field=value&...) that the page reads at its event
// hashchange. Asked with a signal, for what goes with the point shown (a curve, a picture), it
// answers { error, missing: true } where that setting is not held: leave the point out.

const ask = (() => {
  const WORD_APART = 3, KEPT = 10;
  const MISSING = { error: "this copy on the web does not hold it: qnet explore works it out", missing: true };
  const parts = new Map(), last = new Map();
  let index = null, landed = null;

  const number = (text) => (text.trim() === "" ? NaN : Number(text));
  const canonical = (text) => (Number.isNaN(number(text)) ? text : String(number(text)));
  const keyOf = (setting) => setting.map(canonical).join("|");
  const byKey = (rows) => new Map(rows.map(([setting, answer]) => [keyOf(setting), { setting, answer }]));

  /** How far a value is from another: decades of numbers; that they differ at all counts a little. */
  function apart(one, other) {
    if (canonical(one) === canonical(other)) return 0;
    const [first, second] = [one, other].map((text) => Math.log10(Math.max(number(text), 1e-6)));
    return Number.isNaN(first + second) ? WORD_APART : 0.1 + Math.abs(first - second);
  }

  /** The nearest of the settings held; what the reader has just changed is kept if it can be. */
  function nearest(settings, asked, before) {
    const weights = asked.map((text, k) => (before && canonical(text) !== canonical(before[k]) ? KEPT : 1));
    const far = (held) => held.reduce((sum, text, k) => sum + weights[k] * apart(text, asked[k]), 0);
    return settings.reduce((best, held) => (far(held) < far(best) ? held : best));
  }

  /** The answers of one part: its script, added to the page once. */
  function load(name) {
    if (!parts.has(name)) {
      const part = {};
      part.held = new Promise((resolve) => { part.resolve = resolve; });
      parts.set(name, part);
      const script = document.createElement("script");
      script.src = index.parts[name];
      script.onerror = () => { parts.delete(name); part.resolve(null); }; // asked again, it is tried again
      document.head.append(script);
    }
    return parts.get(name).held;
  }

  function say(text) {
    let place = document.getElementById("held");
    if (!place) {
      place = Object.assign(document.createElement("p"), { id: "held" });
      place.setAttribute("role", "status");
      document.querySelector("header").after(place);
    }
    place.textContent = text;
  }

  /** What differs, in words; of "cut-off {} s" a value that is a word, such as off, takes no unit. */
  const inWords = (fields, setting, which) => which.map((k) => {
    const [name, unit] = (index.words[fields[k]] ?? `${fields[k]} {}`).split("{}");
    return `${name}${setting[k]}${Number.isNaN(number(setting[k])) ? "" : unit}`;
  }).join(", ");

  /** Say in words where the page goes, take it there, and wait until it has read the address. */
  async function goTo(fields, asked, held) {
    const which = [...asked.keys()].filter((k) => canonical(asked[k]) !== canonical(held[k]));
    say(`Not worked out for this copy: ${inWords(fields, asked, which)}. Moved to the nearest one: ${inWords(fields, held, which)}.`);
    landed = keyOf(held);
    const read = new Promise((resolve) => {
      window.addEventListener("hashchange", resolve, { once: true });
      setTimeout(resolve, 500);
    });
    ask.move(Object.fromEntries(fields.map((field, k) => [field, held[k]])));
    await read;
  }

  async function recall(path, signal) {
    const [name, query] = path.split("?");
    const kind = index.paths[name];
    if (!kind) return MISSING;
    if ("answer" in kind) return kind.answer;
    const texts = new URLSearchParams(query);
    // Drawings at random: those that are held, in turn.
    if (kind.turns) texts.set("seed", 1 + ((Math.max(1, Number(texts.get("seed"))) - 1) % kind.turns));
    const asked = kind.fields.map((field) => texts.get(field) ?? "");
    const part = (index.split ? texts.get(index.split) : "all") + (kind.own ? `/${name}` : "");
    const held = await load(part in index.parts ? part : Object.keys(index.parts)[0]);
    if (signal?.aborted) return null;
    if (!held) return { error: "the answers beside this page cannot be read" };
    if (!held[name]) return MISSING;
    if (kind.turns && !held[name].has(keyOf(asked))) asked[kind.fields.indexOf("seed")] = "1";
    const found = held[name].get(keyOf(asked));
    if (signal) return found ? found.answer : MISSING;
    const before = last.get(name);
    const shown = found ?? held[name].get(keyOf(nearest([...held[name].values()].map(({ setting }) => setting), asked, before)));
    last.set(name, shown.setting);
    if (!found) await goTo(kind.fields, asked, shown.setting);
    else if (keyOf(asked) !== landed) say(index.about);
    return shown.answer;
  }

  async function ask(path, signal) {
    if (index) return recall(path, signal);
    try {
      const answer = await fetch(path, { signal });
      return await answer.json();
    } catch (error) {
      if (error.name === "AbortError") return null;
      return { error: "the server does not answer: start qnet explore again" };
    }
  }

  /** What a static build holds: about, words of each field, paths, the field that splits it, its parts. */
  ask.index = (given) => { index = given; };

  /** The answers of one part, packed: path -> [setting, answer], ... as JSON, deflated, in base64. */
  ask.part = async (name, packed) => {
    const part = parts.get(name);
    try {
      const bytes = Uint8Array.from(atob(packed), (letter) => letter.charCodeAt(0));
      const text = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
      const answers = Object.entries(await new Response(text).json());
      part.resolve(Object.fromEntries(answers.map(([path, rows]) => [path, byKey(rows)])));
    } catch {
      part.resolve(null);
    }
  };

  /** Take the page to a setting; a page that keeps its setting elsewhere replaces this. */
  ask.move = (fields) => {
    const address = new URLSearchParams(location.hash.slice(1));
    for (const [field, text] of Object.entries(fields)) address.set(field, text);
    location.replace(`#${address}`);
  };

  return ask;
})();
