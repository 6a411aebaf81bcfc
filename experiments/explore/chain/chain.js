"use strict";
// The chain page: its controls, its address, and when it asks for what. results.js shows a point.
//
// data-state of the body: working (the numbers are coming), drawing (what goes with them), idle.
// A slider moves: its label and the address change at once, then the point is fetched, and in the
// background the diagram, the curve and, where there is no key, what helps. A newer setting aborts
// what runs in the background; of points in a hurry only the latest is fetched. The address holds
// the whole setting, and under `kept` the query of the one that it is compared with.

const SLIDERS = ["distance_km", "segments", "t2_s", "gate_error", "cutoff_s"];

const curve = new Chart(at("curve")), times = new Chart(at("times"));
let choices, state, seed = 1, moved = "distance_km";
let shown = null, before = null, kept = null, resting = true;
let dirty = false, running = false, background = new AbortController();

/** The nearest position of a slider; words are at its end. */
function position(name, value) {
  const scale = choices.scales[name];
  if (scale.includes(value)) return scale.indexOf(value);
  const flat = (number) => (name === "segments" ? number : Math.log(Math.max(number, 1e-9)));
  const far = scale.map((each) => (typeof each === "number" ? Math.abs(flat(each) - flat(value)) : Infinity));
  return far.indexOf(Math.min(...far));
}

const query = (setting) => new URLSearchParams(CONTROLS.map((name) => [name, String(setting[name])])).toString();

/** Texts of a query to values: numbers where they are some. */
function values(texts) {
  return Object.fromEntries(Object.entries(texts).map(([name, text]) => {
    const isNumber = (SLIDERS.includes(name) || name === "improvement") && text !== "" && Number.isFinite(Number(text));
    return [name, isNumber ? Number(text) : text];
  }));
}

// From the state to the controls, and back.

function showControls() {
  at("hardware").value = state.hardware;
  const improved = state.improvement > 1 ? `, improved ${plain(state.improvement)} times` : "";
  at("title").textContent = choices.hardware[state.hardware].title + improved;
  const factor = at("improvement");
  if (![...factor.options].some((option) => Number(option.value) === state.improvement)) {
    factor.append(new Option(`${plain(state.improvement)} times`, state.improvement));
  }
  factor.value = state.improvement;
  at("strategy").value = state.strategy;
  at("latency").checked = state.latency === "on";
  for (const name of SLIDERS) {
    const slider = at(name), text = words[name](state[name]);
    slider.value = position(name, state[name]);
    slider.setAttribute("aria-valuetext", text);
    at(`${name}-is`).textContent = text;
    slider.parentElement.classList.toggle("moved", name === moved);
  }
  const alone = state.segments === 1;
  at("cutoff_s").disabled = at("strategy").disabled = alone;
  showAddress();
}

function showAddress() {
  const beside = kept ? `&kept=${encodeURIComponent(query(kept.setting))}` : "";
  history.replaceState(null, "", `#${query(state)}${beside}`);
}

/** Change controls; the first change after a rest keeps the numbers shown as those before. */
function change(changes, { rest = true, remark = "" } = {}) {
  if (resting) before = shown;
  resting = rest;
  state = { ...state, ...changes };
  at("remark").textContent = remark;
  showControls();
  background.abort();
  dirty = true;
  pump();
}

/** Where hardware starts; improved by a factor that is not offered, with the memories as they are. */
function startOf(hardware, improvement) {
  const { starts } = choices.hardware[hardware];
  return starts[improvement] ?? starts[1];
}

/** Other hardware starts where it does something; the same, improved, stays where it is. */
function pickHardware() {
  const hardware = at("hardware").value, start = startOf(hardware, state.improvement);
  const where = start.segments === 1 ? "over one link" : `in ${start.segments} segments`;
  change({ hardware, ...start }, { remark: `${hardware} starts at ${words.distance_km(start.distance_km)} ${where}, where something comes.` });
}

function pickImprovement() {
  const improvement = Number(at("improvement").value), { t2_s, gate_error } = choices.hardware[state.hardware].starts[improvement];
  change({ improvement, t2_s, gate_error });
}

// Fetch and show.

async function pump() {
  if (running) return;
  running = true;
  document.body.dataset.state = "working";
  while (dirty) {
    dirty = false;
    const point = await ask(`point?${query(state)}`);
    if (!dirty) show(point);
  }
  running = false;
  document.body.dataset.state = "drawing";
  background = new AbortController();
  await followUp(background.signal);
}

/** Draw again what goes with the point that is shown. */
function again() {
  background.abort();
  if (running || !shown) return;
  background = new AbortController();
  document.body.dataset.state = "drawing";
  followUp(background.signal);
}

async function followUp(signal) {
  const setting = { ...state };
  await showDiagram(signal);
  if (!signal.aborted && shown.grid?.is_coarse) await showCoarser(setting, signal);
  await showCurve(setting, signal);
  if (!signal.aborted && shown.moves) await showHelp(setting, signal);
  if (!signal.aborted) document.body.dataset.state = "idle";
}

function show(point) {
  shown = point;
  showFigures(point, { before, kept });
  showWords(point);
  showKept();
  at("try").hidden = true;
  at("copy").disabled = !point.scenario;
  at("keep").disabled = !point.figures;
  if (point.distribution) times.show(kept ? besideTimesChart(state, point, kept) : timesChart(state, point));
  else times.clear();
}

/** How much the time grid matters: the key rate on a still coarser one. */
async function showCoarser(setting, signal) {
  const answer = await ask(`coarser?${query(setting)}`, signal);
  if (!answer || signal.aborted || typeof answer.key_rate_hz !== "number") return;
  at("exact").textContent = `${aboutGrid(shown)} On twice the step: ${digits(answer.key_rate_hz)} bit/s.`;
}

async function showDiagram(signal) {
  const answer = shown.figures ? await ask(`diagram?${query(state)}&seed=${seed}`, signal) : { refused: "nothing comes" };
  if (!answer || signal.aborted) return;
  const box = at("diagram"), title = at("diagram-title");
  at("another").disabled = !answer.svg;
  box.classList.toggle("none", !answer.svg);
  if (answer.svg) {
    const svg = new DOMParser().parseFromString(answer.svg, "image/svg+xml").documentElement;
    svg.setAttribute("preserveAspectRatio", "xMidYMin meet");
    box.replaceChildren(document.importNode(svg, true));
    title.textContent = `One delivery, drawn at random: it took ${time(answer.time_s)}`;
  } else {
    const text = document.createElement("p");
    text.textContent = `No diagram: ${answer.refused ?? answer.error}.`;
    box.replaceChildren(text);
    title.textContent = "One delivery";
  }
}

// The curve over the slider that moved last: its points stay the same while only that one moves.

async function showCurve(setting, signal) {
  const name = moved, scale = choices.scales[name], here = position(name, setting[name]), own = [], beside = [];
  const redraw = () => {
    const known = own.some(({ x }) => x === here) ? own : [...own, curvePoint(here, setting[name], shown)];
    curve.show(curveChart({ name, scale, ticks: ticks(name), here, own: known, beside, setting, kept }));
  };
  redraw();
  for (const [points, base] of [[own, setting], [beside, kept?.setting]]) {
    for (const value of base ? choices.curves[name] : []) {
      const point = await ask(`point?${query({ ...base, [name]: value })}`, signal);
      if (!point || signal.aborted) return;
      if (point.missing) continue;
      points.push(curvePoint(position(name, value), value, point));
      redraw();
    }
  }
}

function ticks(name) {
  const marks = {
    distance_km: [10, 100, 300, 500, 1000], segments: [1, 4, 8, 12, 16],
    t2_s: [1e-4, 1e-2, 1, 100, "perfect"], gate_error: [0, 1e-4, 1e-3, 1e-2, 0.1], cutoff_s: [1e-4, 1e-2, 1, "off"],
  };
  const short = { perfect: "∞", off: "off" }, scale = choices.scales[name];
  // A copy on the web has fewer positions: marks stand at some of those, never beside one.
  const all = marks[name].every((value) => scale.includes(value));
  const marked = all ? marks[name] : scale.filter((_, k) => k % Math.ceil(scale.length / 5) === 0);
  return marked.map((value) => ({
    at: position(name, value),
    text: short[value] ?? (name === "distance_km" ? String(value) : name === "gate_error" && value === 0 ? "0" : words[name](value)),
  }));
}

// Two settings beside each other.

function showKept() {
  at("beside").hidden = !kept;
  document.body.classList.toggle("comparing", Boolean(kept));
  if (kept) at("kept").textContent = `Kept: ${about(kept.setting, kept.point)}. From it to this one: ${differences(state, kept.setting)}.`;
}

function keep(other) {
  kept = other;
  showAddress();
  show(shown);
  again();
}

/** The kept setting takes the place of the shown one, and the other way round. */
function exchange() {
  const { setting } = kept;
  kept = { setting: { ...state }, point: shown };
  change(setting);
}

/** The kept setting of the address, played; one that cannot be is let go. */
async function recallKept(texts) {
  const setting = readSetting(new URLSearchParams(texts)).setting;
  const point = await ask(`point?${query(setting)}`, new AbortController().signal);
  return point?.figures ? { setting, point } : null;
}

// Where nothing comes: why, and the first single move that helps, as the engine finds it.

async function showHelp(setting, signal) {
  const keyless = Boolean(shown.no_key);
  if (keyless) {
    const answer = await ask(`why?${query(setting)}`, signal);
    if (!answer || signal.aborted) return;
    at("hint").textContent = answer.why ?? "";
  }
  let unknown = false;
  for (const texts of shown.moves) {
    const point = await ask(`point?${query({ ...setting, ...texts })}`, signal);
    if (!point || signal.aborted) return;
    unknown ||= Boolean(point.missing);
    const helps = keyless ? point.figures?.secret_key_rate_hz.best > 0 : point.figures !== undefined;
    if (!helps) continue;
    const changes = values(texts), button = at("try");
    button.textContent = `Try ${describe(changes)}`;
    button.onclick = () => change(changes);
    button.hidden = false;
    return;
  }
  offerStart(setting, unknown);
}

/** Where no single move helps: back to where the hardware does something. */
function offerStart(setting, unknown) {
  const start = startOf(setting.hardware, setting.improvement);
  if (query(setting) === query({ ...setting, ...start })) return;
  if (!unknown) at("hint").append(" No single move helps.");
  at("try").textContent = `Go to where ${setting.hardware} starts: ${words.distance_km(start.distance_km)}`;
  at("try").onclick = () => change(start);
  at("try").hidden = false;
}

function describe(changes) {
  return Object.entries(changes).map(([name, value]) => {
    if (name === "strategy") return `${value} swapping`;
    if (name === "latency") return "results of swaps known at once";
    if (name === "improvement") return `hardware improved ${plain(value)} times`;
    if (name === "cutoff_s" && value === "off") return "no cut-off";
    if (name === "segments") return `${value} segments`;
    return `${NAMES[name]} ${words[name](value)}`;
  }).join(", ");
}

/** The setting of texts; what they lack or cannot be is as at the start, and said. */
function readSetting(texts) {
  const start = values(choices.start), wrong = [];
  const known = CONTROLS.filter((name) => texts.has(name)).map((name) => [name, texts.get(name)]);
  const setting = { ...start, ...values(Object.fromEntries(known)) };
  const offered = {
    hardware: (value) => value in choices.hardware,
    strategy: (value) => choices.strategies.includes(value),
    latency: (value) => ["on", "off"].includes(value),
  };
  const inside = (name, value) => {
    const [low, high] = choices.bounds[name];
    const whole = name !== "segments" || Number.isInteger(value);
    return choices.scales[name]?.includes(value) || (typeof value === "number" && low <= value && value <= high && whole);
  };
  for (const name of CONTROLS) {
    if (offered[name] ? offered[name](setting[name]) : inside(name, setting[name])) continue;
    wrong.push(NAMES[name]);
    setting[name] = start[name];
  }
  const remark = wrong.length ? `The address asks for what this page does not offer (${wrong.join(", ")}): shown as at the start.` : "";
  return { setting, remark };
}

async function fromAddress() {
  const texts = new URLSearchParams(location.hash.slice(1)), { setting, remark } = readSetting(texts);
  const other = texts.get("kept");
  if (!other) kept = null;
  else if (!kept || query(kept.setting) !== other) kept = await recallKept(other);
  change(setting, { remark });
}

function addChoices() {
  addFigures(choices.figures);
  for (const [name, { title }] of Object.entries(choices.hardware)) {
    const option = new Option(name, name);
    option.title = title;
    at("hardware").append(option);
  }
  for (const factor of choices.improvements) at("improvement").append(new Option(words.improvement(factor), factor));
  for (const name of choices.strategies) at("strategy").append(new Option(name, name));
  for (const name of SLIDERS) {
    const slider = at(name);
    Object.assign(slider, { min: 0, max: choices.scales[name].length - 1, step: 1 });
    slider.addEventListener("input", () => {
      moved = name;
      change({ [name]: choices.scales[name][Number(slider.value)] }, { rest: false });
    });
    slider.addEventListener("change", () => { resting = true; });
  }
}

function listen() {
  at("hardware").addEventListener("change", pickHardware);
  at("improvement").addEventListener("change", pickImprovement);
  at("strategy").addEventListener("change", () => change({ strategy: at("strategy").value }));
  at("latency").addEventListener("change", () => change({ latency: at("latency").checked ? "on" : "off" }));
  at("another").addEventListener("click", () => { seed += 1; again(); });
  at("keep").addEventListener("click", () => keep({ setting: { ...state }, point: shown }));
  at("exchange").addEventListener("click", exchange);
  at("let-go").addEventListener("click", () => keep(null));
  at("copy").addEventListener("click", () => copy(shown.scenario, "scenario"));
  at("copy-link").addEventListener("click", () => copy(location.href, "link"));
  at("controls").addEventListener("submit", (event) => event.preventDefault());
  window.addEventListener("hashchange", fromAddress);
}

async function start() {
  choices = await ask("choices");
  if (choices.error) {
    at("says").textContent = sentence(choices.error);
    return;
  }
  addChoices();
  listen();
  await fromAddress();
}

start();
