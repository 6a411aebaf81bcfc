"use strict";
// data-state of the body: working (the numbers are coming), drawing (what goes with them), idle.
// A slider moves: its label and the address change at once, then the point is fetched, and in the
// background the diagram, the curve and, where there is no key, what helps. A newer setting aborts
// what runs in the background; of points in a hurry only the latest is fetched.

const CONTROLS = ["hardware", "improvement", "strategy", "distance_km", "segments", "t2_s", "gate_error", "cutoff_s", "latency"];
const SLIDERS = ["distance_km", "segments", "t2_s", "gate_error", "cutoff_s"];
const NAMES = { distance_km: "distance", segments: "segments", t2_s: "coherence time", gate_error: "gate error", cutoff_s: "cut-off" };
const FIGURES = {
  secret_key_rate_hz: (value) => digits(value), rate_hz: (value) => digits(value), fidelity: (value) => value.toFixed(4),
  qber_x: (value) => digits(100 * value, 3), qber_z: (value) => digits(100 * value, 3),
};

const UNITS = { distance_km: "km" };

// Figures of merit that the page words in sentences of its own, or not at all.
const UNLISTED = ["delivery_time_s", "secret_key_fraction"];

const at = (id) => document.getElementById(id);
let choices, state, seed = 1, moved = "distance_km";
let shown = null, before = null, resting = true;
const curve = new Chart(at("curve")), times = new Chart(at("times"));
let dirty = false, running = false, background = new AbortController();

// How values read.

const words = {
  distance_km: (value) => `${plain(value, 4)} km`,
  segments: (value) => String(value),
  t2_s: (value) => (value === "perfect" ? "perfect" : time(value)),
  gate_error: (value) => (value === 0 ? "none" : `${plain(100 * value)} %`),
  cutoff_s: (value) => (value === "off" ? "off" : time(value)),
};

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
  history.replaceState(null, "", `#${query(state)}`);
}

/** Change controls; the first change after a rest keeps the numbers shown as those before. */
function change(changes, { rest = true } = {}) {
  if (resting) before = shown;
  resting = rest;
  state = { ...state, ...changes };
  showControls();
  background.abort();
  dirty = true;
  pump();
}

function pickHardware() {
  const hardware = at("hardware").value, improvement = Number(at("improvement").value);
  const start = choices.hardware[hardware].starts[improvement];
  change({ hardware, improvement, ...start });
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
  const found = at("found"), failed = point.refused ?? point.error;
  shown = point;
  found.classList.toggle("refused", failed !== undefined);
  found.classList.toggle("keyless", Boolean(point.no_key));
  for (const [name, write] of Object.entries(FIGURES)) {
    const value = point.figures?.[name].best, old = before?.figures?.[name].best;
    const text = value === undefined ? "–" : write(value);
    at(name).textContent = text;
    at(name).dataset.value = value ?? "";
    const differs = old !== undefined && write(old) !== text;
    at(`${name}-was`).textContent = differs ? `was ${write(old)}` : "";
  }
  at("hint").textContent = point.can_sample ? "Copied as a scenario, qnet run plays it by sampling." : "";
  at("try").hidden = true;
  at("copy").disabled = !point.scenario;
  at("says").textContent = failed ? sentence(failed) : point.no_key ? sentence(point.no_key) : verdict(point.bound);
  at("security").textContent = point.security && !point.no_key ? `The key is ${point.security.sentence}.` : "";
  at("link").textContent = point.link ? aboutLink(point.link) : "";
  at("exact").textContent = point.grid ? aboutGrid(point) : "";
  if (point.distribution) showTimes(point);
  else times.clear();
}

/** Unit of time in which the longest of some times reads well. */
function timeUnit(longest) {
  const units = [[1, "s"], [1e-3, "ms"], [1e-6, "µs"], [1e-9, "ns"]];
  return units.find(([size]) => longest >= size) ?? units.at(-1);
}

function showTimes({ title, figures, distribution: { shares, bar_s, quantiles_s } }) {
  const [size, unit] = timeUnit(shares.length * bar_s), width = bar_s / size;
  times.show({
    title: `When a pair comes (mean ${time(figures.delivery_time_s.best, 4)})`,
    setting: title,
    file: "delivery-times",
    x: { title: "time to one pair", unit, from: 0, to: width * shares.length, write: (x) => `${time((x - width / 2) * size)} to ${time((x + width / 2) * size)}` },
    y: { title: "share of the pairs", unit: "%", write: (y) => `${digits(y, 3)} %` },
    series: [{ kind: "bar", look: "first", width, points: shares.map((share, k) => ({ x: (k + 0.5) * width, y: 100 * share })) }],
    marks: [["0.5", "half"], ["0.9", "90 %"]].map(([share, text]) => ({ x: quantiles_s[share] / size, text: `${text}: ${time(quantiles_s[share])}` })),
  });
}

const sentence = (text) => `${text[0].toUpperCase()}${text.slice(1).replace(/\.$/, "")}.`;

function verdict(bound) {
  if (bound.plob_hz === null) return "The fibre loses nothing: bare fibre has no bound to beat.";
  const fast = `${digits(bound.fast_plob_hz, 3)} bit/s at a clock of ${plain(bound.fast_hz / 1e9)} GHz`;
  const same = `${digits(bound.plob_hz, 3)} bit/s at this chain's own clock`;
  const judged = bound.fast_beaten ? "beaten at both" : bound.beaten ? "beaten at its own clock only" : "not beaten";
  return `Bare fibre (PLOB bound) gives at most ${same}, ${fast}: ${judged}.`;
}

function aboutLink(link) {
  const modes = link.modes > 1 ? `, ${link.modes} modes` : "";
  return `Each link: ${plain(link.length_km, 4)} km, tried every ${time(link.attempt_time_s)}${modes}, succeeds ${plain(100 * link.success_probability)}\u00a0% of the time.`;
}

function aboutGrid({ grid, work_s, figures }) {
  const error = grid.storage_error;
  const rounded = error > 0 ? `gate and signal times change the fidelity by ${plain(error, 1)} at most` : "durations";
  const coarse = grid.is_coarse ? `not the plan's own; rounded ${rounded}` : "the plan's own";
  const what = grid.is_coarse ? "A coarse estimate, nothing sampled" : "Exact, nothing sampled";
  const key = figures.secret_key_rate_hz;
  const wide = key.high === null || key.high - key.low > 1e-4 * key.best;
  const interval = wide ? ` Key rate within [${digits(key.low)}, ${key.high === null ? "∞" : digits(key.high)}].` : "";
  const beyond = grid.beyond < 1e-9 ? "less than 10⁻⁹" : digits(grid.beyond, 2);
  const took = work_s === undefined ? "" : ` in ${time(work_s, 2)}`;
  return `${what}:${took} on ${digits(grid.steps, 6)} steps of ${time(grid.step_s)}, ${coarse}; ${beyond} of the pairs come later.${interval}`;
}

/** How much the time grid matters: the key rate on a still coarser one. */
async function showCoarser(setting, signal) {
  const answer = await ask(`coarser?${query(setting)}`, signal);
  if (!answer || signal.aborted || typeof answer.key_rate_hz !== "number") return;
  at("exact").textContent = `${aboutGrid(shown)} On twice the step: ${digits(answer.key_rate_hz)} bit/s.`;
}

async function showDiagram(signal) {
  const answer = await ask(`diagram?${query(state)}&seed=${seed}`, signal);
  if (!answer || signal.aborted) return;
  const box = at("diagram");
  if (answer.svg) {
    const svg = new DOMParser().parseFromString(answer.svg, "image/svg+xml").documentElement;
    svg.setAttribute("preserveAspectRatio", "xMidYMin meet");
    box.replaceChildren(document.importNode(svg, true));
    box.parentElement.querySelector("span").textContent = `One delivery, drawn at random: it took ${time(answer.time_s)}`;
  } else {
    const text = document.createElement("p");
    text.textContent = `No diagram: ${answer.refused ?? answer.error}.`;
    box.replaceChildren(text);
  }
}

// The curve over the slider that moved last: its points stay the same while only that one moves.

async function showCurve(setting, signal) {
  const name = moved, here = { ...curvePoint(name, setting[name], shown), x: position(name, setting[name]) };
  const points = [];
  const redraw = () => {
    const own = points.some(({ x }) => x === here.x) ? points : [...points, here];
    const bound = points.filter(({ plob }) => plob > 0).map(({ x, value, plob }) => ({ x, value, y: plob }));
    curve.show({
      title: `Key rate by ${NAMES[name]}`,
      setting: shown.title ?? "",
      file: `key-rate-by-${NAMES[name].replace(/\W/g, "-")}`,
      x: { title: NAMES[name], unit: UNITS[name], from: 0, to: choices.scales[name].length - 1, ticks: ticks(name), write: (place) => words[name](choices.scales[name][place]) },
      y: { title: "secret key", unit: "bit/s", log: "auto", write: (rate) => `${digits(rate)} bit/s` },
      series: [{ name: "this setting", look: "first", points: own }, { name: "bare fibre (PLOB)", look: "bound", points: bound }],
      here: here.x,
    });
  };
  redraw();
  for (const value of choices.curves[name]) {
    const point = await ask(`point?${query({ ...setting, [name]: value })}`, signal);
    if (!point || signal.aborted) return;
    if (point.missing) continue;
    points.push(curvePoint(name, value, point));
    redraw();
  }
}

function curvePoint(name, value, point) {
  const key = point.figures?.secret_key_rate_hz.best ?? null;
  const told = key === null ? { note: "refused", sign: "?" } : key === 0 ? { note: "no key", sign: "×" } : {};
  return { x: position(name, value), value, y: key, plob: point.bound?.plob_hz ?? null, ...told };
}

function ticks(name) {
  const marks = {
    distance_km: [10, 100, 300, 500, 1000], segments: [1, 4, 8, 12, 16],
    t2_s: [1e-4, 1e-2, 1, 100, "perfect"], gate_error: [0, 1e-4, 1e-3, 1e-2, 0.1], cutoff_s: [1e-4, 1e-2, 1, "off"],
  };
  const short = { perfect: "∞", off: "off" };
  return marks[name].map((value) => ({
    at: position(name, value),
    text: short[value] ?? (name === "distance_km" ? String(value) : name === "gate_error" && value === 0 ? "0" : words[name](value)),
  }));
}

// Where nothing comes: why, and the first single move that helps, as the exact engine finds it.

async function showHelp(setting, signal) {
  const keyless = Boolean(shown.no_key);
  if (keyless) {
    const answer = await ask(`why?${query(setting)}`, signal);
    if (!answer || signal.aborted) return;
    const hint = (answer.why ?? "").split("; ").slice(1).join("; ");
    if (hint) at("hint").textContent = sentence(hint);
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
  if (!at("hint").textContent && !unknown) at("hint").textContent = "No single move helps: change several.";
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

async function copy(text, what) {
  let done = true;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    done = document.execCommand("copy");
    area.remove();
  }
  at("said").textContent = done ? `${what} copied` : "the browser does not let this page copy";
  setTimeout(() => { at("said").textContent = ""; }, 3000);
}

/** The setting of the address; what it lacks is as at the start. */
function fromAddress() {
  const texts = new URLSearchParams(location.hash.slice(1));
  const known = CONTROLS.filter((name) => texts.has(name)).map((name) => [name, texts.get(name)]);
  const setting = { ...values(choices.start), ...values(Object.fromEntries(known)) };
  if (!(setting.hardware in choices.hardware)) setting.hardware = choices.start.hardware;
  if (!choices.strategies.includes(setting.strategy)) setting.strategy = choices.start.strategy;
  for (const name of [...SLIDERS, "improvement"]) {
    const isWord = choices.scales[name]?.includes(setting[name]);
    if (typeof setting[name] !== "number" && !isWord) setting[name] = values(choices.start)[name];
  }
  return setting;
}

/** A place for a figure of merit that the page itself has none for. */
function addFigure(name, title, unit) {
  if (UNLISTED.includes(name) || at(name)) return;
  const box = document.createElement("div");
  const part = (tag, text, id) => Object.assign(document.createElement(tag), { textContent: text, ...(id && { id }) });
  const value = part("dd", ""), measure = Object.assign(part("span", unit), { className: "unit" });
  value.append(part("b", "", name), " ", measure, part("small", "", `${name}-was`));
  box.append(part("dt", title), value);
  at("figures").append(box);
  FIGURES[name] = (number) => digits(number);
}

async function start() {
  choices = await ask("choices");
  if (choices.error) {
    at("says").textContent = sentence(choices.error);
    return;
  }
  for (const [name, { title, unit }] of Object.entries(choices.figures)) addFigure(name, title, unit);
  for (const [name, { title }] of Object.entries(choices.hardware)) at("hardware").append(new Option(name, name)), (at("hardware").lastChild.title = title);
  for (const factor of choices.improvements) at("improvement").append(new Option(factor === 1 ? "as it is" : `${factor} times`, factor));
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
  at("hardware").addEventListener("change", pickHardware);
  at("improvement").addEventListener("change", pickHardware);
  at("strategy").addEventListener("change", () => change({ strategy: at("strategy").value }));
  at("latency").addEventListener("change", () => change({ latency: at("latency").checked ? "on" : "off" }));
  at("another").addEventListener("click", () => { seed += 1; again(); });
  at("copy").addEventListener("click", () => copy(shown.scenario, "scenario"));
  at("copy-link").addEventListener("click", () => copy(location.href, "link"));
  at("controls").addEventListener("submit", (event) => event.preventDefault());
  window.addEventListener("hashchange", () => change(fromAddress()));
  state = fromAddress();
  change({});
}

start();
