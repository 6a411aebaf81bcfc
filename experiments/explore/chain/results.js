"use strict";
// What the chain page shows of a point, alone or beside one that is kept: figures of merit, words,
// and the charts of key rate and delivery time. chain.js asks for the points and calls
//
//   addFigures(figures)                       a place for every figure of merit that is offered
//   showFigures(point, { before, kept })      numbers, intervals, and what they were or are beside
//   showWords(point)                          verdict, security, what is exact, what is sampled
//   timesChart, besideTimesChart, curveChart  what Chart.show draws
//
// `kept` is null or { setting, point }.

const CONTROLS = ["hardware", "strategy", "improvement", "distance_km", "segments", "t2_s", "gate_error", "cutoff_s", "latency"];
const NAMES = {
  hardware: "hardware", strategy: "swapping", improvement: "improved", distance_km: "distance", segments: "segments", t2_s: "coherence time",
  gate_error: "gate error", cutoff_s: "cut-off", latency: "travel of swap results",
};

// How values read.

const words = {
  hardware: (value) => value,
  strategy: (value) => value,
  improvement: (value) => (value === 1 ? "as it is" : `${plain(value)} times`),
  distance_km: (value) => `${plain(value, 4)} km`,
  segments: (value) => String(value),
  t2_s: (value) => (value === "perfect" ? "perfect" : time(value)),
  gate_error: (value) => (value === 0 ? "none" : `${plain(100 * value)} %`),
  cutoff_s: (value) => (value === "off" ? "off" : time(value)),
  latency: (value) => value,
};

// Figures of merit: how each is written and how two of them differ; others come from the server.

const signed = (text, number) => (number > 0 ? `+${text}` : text.replace("-", "−"));

/** How much more or less: in per cent, or as a factor where it is large. */
function ratio(now, was) {
  if (was === 0) return now === 0 ? "" : "none there";
  const factor = now / was;
  if (factor >= 2 || factor <= 0.5) return factor === 0 ? "none here" : `× ${plain(factor, 3)}`;
  return `${signed((100 * (factor - 1)).toPrecision(2), factor - 1)} %`;
}

// Below 1e-12 an error rate is what rounding left of none.
const percent = { unit: "%", write: (value) => digits(Math.abs(value) < 1e-12 ? 0 : 100 * value, 3), apart: (now, was) => `${signed(plain(100 * (now - was), 2), now - was)} points` };
const WRITTEN = {
  secret_key_rate_hz: { unit: "bit/s", title: () => [term("key rate", "Secret key")], write: (value) => digits(value) },
  rate_hz: { unit: "per s", title: () => [term("delivery", "Pairs")], write: (value) => digits(value) },
  fidelity: { unit: "", title: () => [term("fidelity", "Fidelity")], write: (value) => value.toFixed(4), apart: (now, was) => signed((now - was).toFixed(4), now - was) },
  qber_x: { ...percent, title: () => [term("QBER"), " in X"] },
  qber_z: { ...percent, title: () => [term("QBER"), " in Z"] },
};

// Figures that the page words in sentences of its own, or not at all.
const UNLISTED = ["delivery_time_s", "secret_key_fraction"];

function addFigures(figures) {
  for (const [name, { title, unit }] of Object.entries(figures)) {
    if (!UNLISTED.includes(name)) WRITTEN[name] ??= { unit, title: () => [title], write: (value) => digits(value) };
  }
  for (const [name, { unit, title }] of Object.entries(WRITTEN)) {
    const part = (tag, kind, id, text = "") => Object.assign(document.createElement(tag), { className: kind, id, textContent: text });
    const box = document.createElement("div"), value = document.createElement("dd"), head = document.createElement("dt");
    head.append(...title());
    if (name === "secret_key_rate_hz") box.className = "first";
    value.append(part("b", "", name), " ", part("span", "unit", `${name}-unit`, unit), part("small", "interval", `${name}-interval`), part("small", "was", `${name}-was`), part("small", "apart", `${name}-apart`));
    box.append(head, value);
    at("figures").append(box);
  }
}

function showFigures(point, { before, kept }) {
  for (const [name, { write, apart = ratio }] of Object.entries(WRITTEN)) {
    const figure = point.figures?.[name], value = figure?.best, other = (kept?.point ?? before)?.figures?.[name]?.best;
    at(name).textContent = value === undefined ? "–" : write(value);
    at(name).dataset.value = value ?? "";
    at(name).classList.toggle("long", at(name).textContent.length > 7);
    const drawn = point.sampled && Number.isFinite(figure?.low) && Number.isFinite(figure?.high) && figure.high > figure.low;
    at(`${name}-interval`).textContent = drawn ? `${write(figure.low)} to ${write(figure.high)}` : "";
    const differs = other !== undefined && value !== undefined && write(other) !== write(value);
    if (kept) at(`${name}-was`).textContent = `kept ${other === undefined ? "–" : write(other)}`;
    else at(`${name}-was`).textContent = differs ? `was ${write(other)}` : "";
    at(`${name}-apart`).textContent = kept && differs ? apart(value, other) : "";
  }
}

// Words.

/** One line about a setting: hardware, then the chain. */
function about(setting, point) {
  const improved = setting.improvement > 1 ? ` improved ${plain(setting.improvement)} times` : "";
  return `${setting.hardware}${improved}: ${point.title ?? ""}`;
}

/** What a chart holds fixed: every control but the one along its axis. */
function held(setting, moved) {
  const told = CONTROLS.filter((each) => each !== moved && !(each === "improvement" && setting.improvement === 1));
  return told.map((each) => (each === "hardware" ? setting.hardware : `${NAMES[each]} ${words[each](setting[each])}`)).join(", ");
}

function showWords(point) {
  const failed = point.refused ?? point.error, put = (id, ...parts) => at(id).replaceChildren(...parts);
  at("found").classList.toggle("refused", failed !== undefined);
  at("found").classList.toggle("keyless", Boolean(point.no_key));
  if (failed) put("says", sentence(failed));
  else if (point.no_key) put("says", point.no_key);
  else put("says", ...verdict(point.bound));
  put("sampled", ...(point.sampled ? aboutSampled(point.sampled) : []));
  put("notes", ...(point.notes ?? []).map(sentence));
  put("security", ...(point.security && !point.no_key ? aboutKey(point.security.sentence) : []));
  put("link", ...(point.link ? aboutLink(point.link) : []));
  put("exact", point.grid ? aboutGrid(point) : "");
  put("hint", point.can_sample ? "Copied as a scenario, qnet run plays it, given more time." : "");
}

function aboutKey(text) {
  const [name, rest] = [text.match(/^asymptotic/)?.[0], text.replace(/^asymptotic/, "")];
  return ["The key is ", ...(name ? [term("asymptotic")] : []), `${rest}.`];
}

function aboutSampled({ trajectories, seed, level, why }) {
  const mark = Object.assign(document.createElement("b"), { textContent: "Sampled" });
  return [mark, `, ${trajectories} `, term("trajectory", "trajectories"), `, seed ${seed}, ${plain(100 * level)} % `, term("interval"), `: ${why}.`];
}

function verdict(bound) {
  if (bound.plob_hz === null) return ["The fibre loses nothing: bare fibre has no bound to beat."];
  const fast = `${digits(bound.fast_plob_hz, 3)} bit/s at ${plain(bound.fast_hz / 1e9)} GHz`;
  const same = `${digits(bound.plob_hz, 3)} bit/s at this chain's clock`;
  const judged = bound.fast_beaten ? "beaten at both" : bound.beaten ? "beaten at its own clock" : "not beaten";
  return ["Bare fibre (", term("PLOB", "PLOB bound"), `) gives at most ${same}, ${fast}: ${judged}.`];
}

function aboutLink(link) {
  const modes = link.modes > 1 ? `, ${link.modes} modes` : "";
  const text = `Each link: ${plain(link.length_km, 4)} km, tried every ${time(link.attempt_time_s)}${modes}, succeeds ${plain(100 * link.success_probability)}\u00a0% of the time`;
  if (!(link.dark_share > 0.001)) return [`${text}.`];
  return [`${text}; `, term("dark count", "dark counts"), ` make ${plain(100 * link.dark_share, 2)}\u00a0% of that.`];
}

function aboutGrid({ grid, figures }) {
  const count = grid.steps < 1e4 ? grid.steps : digits(grid.steps, 6), steps = `on ${count} steps of ${time(grid.step_s)}`, key = figures.secret_key_rate_hz;
  const error = grid.storage_error > 0 ? `; it changes the fidelity by ${plain(grid.storage_error, 1)} at most` : "";
  const what = grid.is_coarse ? `A coarse estimate, nothing sampled: times are rounded, ${steps}${error}.` : `Exact, nothing sampled: ${steps}.`;
  const wide = key.high === null || key.high - key.low > 1e-4 * key.best;
  const interval = wide ? ` Key rate within [${digits(key.low)}, ${key.high === null ? "∞" : digits(key.high)}].` : "";
  const beyond = grid.beyond < 1e-9 ? "" : ` Of the pairs, ${digits(grid.beyond, 2)} come later.`;
  return `${what}${beyond}${interval}`;
}

/** What differs between two settings, each control from the kept one to this one. */
function differences(setting, other) {
  const changed = CONTROLS.filter((name) => String(setting[name]) !== String(other[name]));
  if (!changed.length) return "nothing differs";
  return changed.map((name) => `${NAMES[name]} ${words[name](other[name])} → ${words[name](setting[name])}`).join(", ");
}

// Charts.

/** Unit of time in which the longest of some times reads well. */
function timeUnit(longest) {
  const units = [[31557600, "years"], [86400, "days"], [3600, "h"], [60, "min"], [1, "s"], [1e-3, "ms"], [1e-6, "µs"], [1e-9, "ns"]];
  return units.find(([size]) => longest >= 2 * size) ?? units.at(-1);
}

/** When a pair comes, in bars. */
function timesChart(setting, point) {
  const { shares, bar_s, quantiles_s } = point.distribution, [size, unit] = timeUnit(shares.length * bar_s), width = bar_s / size;
  return {
    title: `Time to a pair (mean ${time(point.figures.delivery_time_s.best)})`,
    setting: held(setting),
    file: "delivery-times",
    x: { title: "time to one pair", unit, from: 0, to: shares.length * width, write: (x) => `${time(Math.max(0, x - width / 2) * size)} to ${time((x + width / 2) * size)}` },
    y: { title: "share of the pairs", unit: "%", write: (y) => `${digits(y, 3)} %` },
    series: [{ kind: "bar", look: "first", width, points: shares.map((share, k) => ({ x: (k + 0.5) * width, y: 100 * share })) }],
    marks: [["0.5", "half"], ["0.9", "90 %"]].map(([share, text]) => ({ x: quantiles_s[share] / size, text: `${text}: ${time(quantiles_s[share])}` })),
  };
}

/** By when how many pairs have come, of two settings: their times may be far apart. */
function besideTimesChart(setting, point, kept) {
  const both = [point.distribution, kept.point.distribution], spans = both.map(({ shares, bar_s }) => shares.length * bar_s);
  const [size, unit] = timeUnit(Math.max(...spans)), log = Math.max(...spans) > 5 * Math.min(...spans);
  const come = ({ shares, bar_s }) => {
    let sum = 0;
    return shares.map((share, k) => ({ x: ((k + 1) * bar_s) / size, y: 100 * (sum += share) })).filter(({ y }) => !log || y > 0);
  };
  return {
    title: "Pairs that have come by then",
    setting: `${held(setting)}; kept: ${held(kept.setting)}`,
    file: "delivery-times-beside",
    x: { title: "time to one pair", unit, log, write: (x) => `after ${time(x * size)}` },
    y: { title: "share of the pairs", unit: "%", from: 0, to: 100, write: (y) => `${digits(y, 3)} %` },
    series: [{ name: "this one", kind: "step", look: "first", points: come(both[0]) }, { name: "kept", kind: "step", look: "second", points: come(both[1]) }],
  };
}

/** A point of the curve: its key rate, with the interval where it was sampled. */
function curvePoint(x, value, point) {
  const key = point.figures?.secret_key_rate_hz, told = { x, value, plob: point.bound?.plob_hz ?? null };
  if (!key) return { ...told, y: null, note: point.can_sample ? "too dear to play here" : "hardly a pair comes", sign: "?" };
  if (key.best === 0) return { ...told, y: 0, note: "no key", sign: "×" };
  return point.sampled ? { ...told, y: key.best, low: key.low, high: key.high, note: "sampled" } : { ...told, y: key.best };
}

/** Key rate over the slider that moved last; `own` and `beside` are points of curvePoint. */
function curveChart({ name, scale, ticks, here, own, beside, setting, kept }) {
  const bound = own.filter(({ plob }) => plob > 0).map(({ x, value, plob }) => ({ x, value, y: plob }));
  const drawn = own.some(({ low }) => low !== undefined) ? "bars" : undefined;
  const all = [...own, ...beside], has = (sign) => all.some((point) => point.sign === sign);
  const signs = [...(has("×") ? ["× no key"] : []), ...(has("?") ? ["? too rare or dear"] : [])];
  const fixed = held(setting, name) + (kept ? `; kept: ${held(kept.setting, name)}` : "");
  return {
    title: `Key rate by ${NAMES[name]}${signs.length ? ` (${signs.join(", ")})` : ""}`,
    setting: fixed,
    file: `key-rate-by-${NAMES[name].replace(/\W+/g, "-")}`,
    x: { title: NAMES[name], scale: "by the slider", unit: name === "distance_km" ? "km" : "", from: 0, to: scale.length - 1, ticks, write: (place) => `${NAMES[name]} ${words[name](scale[place])}` },
    y: { title: "secret key", unit: "bit/s", log: "auto", write: (rate) => `${digits(rate)} bit/s` },
    series: [
      { name: kept ? "this one" : "this setting", look: "first", interval: drawn, points: own },
      ...(kept ? [{ name: "kept", look: "second", points: beside }] : []),
      { name: "bare fibre (PLOB)", look: "bound", points: bound },
    ].filter(({ points }) => points.length),
    here,
  };
}
