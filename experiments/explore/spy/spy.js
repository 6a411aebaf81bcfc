"use strict";
// BB84 with an eavesdropper. A control moves: the numbers are fetched (spy/point), then the strip of
// signals (spy/rounds) and the curves over Eve's share (spy/curve).

const FIELDS = ["source", "receiver", "attack", "share", "distance_km", "misalignment", "mean_photons", "pulses", "false_alarm", "miss"];
const errors = new Chart(at("errors")), knows = new Chart(at("knows"));
let choices, shown = null, strip = null, seed = 1;

const percent = (share, count = 3) => plain(100 * share, count);
const count = (number) => (number >= 1e7 ? digits(number, 3) : Math.round(number).toLocaleString("en-GB").replaceAll(",", "\u2009"));

/** A number of things in large print: three digits of very many. */
const large = (number) => (number >= 1e6 ? digits(number, 3) : count(number));

const panel = new Panel({
  fields: FIELDS,
  words: {
    share: (share) => `${percent(share)} %`,
    distance_km: (km) => `${plain(km)} km`,
    misalignment: (share) => (share === 0 ? "none" : `${percent(share)} %`),
    mean_photons: (mean) => plain(mean),
    pulses: (pulses) => (pulses < 1e5 ? count(pulses) : `${plain(pulses / 10 ** Math.floor(Math.log10(pulses)))} × 10${raised(Math.floor(Math.log10(pulses)))}`.replace(/^1 × /, "")),
  },
  show,
  follow,
});

/** Attacks on several photons need pulses that hold several. */
panel.onControls = () => {
  const single = panel.state.source === "single";
  for (const option of at("attack").options) option.disabled = single && choices.attacks[option.value].splits;
  at("mean-box").hidden = single;
};

async function show() {
  const point = await ask(`spy/point?${panel.query({ seed })}`);
  shown = point;
  at("found").classList.toggle("refused", Boolean(point.error));
  at("copy").disabled = !point.scenario;
  at("title").textContent = point.title ?? "";
  if (point.error) {
    for (const name of ["qber", "guess", "key", "finite", "notice"]) put(name, "–", "");
    at("verdict").replaceChildren(make("p", { textContent: sentence(point.error), className: "none" }));
    for (const box of ["strip", "claim-endless", "claim-finite", "claim-notice", "exact"]) at(box).replaceChildren();
    errors.clear();
    knows.clear();
    return false;
  }
  showFigures(point);
  const lines = point.says.map((text) => make("p", { textContent: text }));
  lines.filter(({ textContent }) => /no key|is wrong/.test(textContent)).forEach((line) => line.classList.add("none"));
  at("verdict").replaceChildren(...lines);
  showClaims(point);
  return true;
}

function put(name, text, value) {
  at(name).textContent = text;
  at(name).dataset.value = value;
}

function showFigures({ exact, run, eve, finite, notice }) {
  const rate = (share) => percent(share);
  put("qber", percent(exact.qber), exact.qber);
  at("qber-run").textContent = run.qber ? `this run: ${rate(run.qber.best)} ${interval(run.qber, rate)}` : "this run: no sifted bit";
  put("guess", percent(eve.guess), eve.guess);
  at("certain").textContent = `knows ${plain(eve.known)} bit of each`;
  put("key", plain(exact.key), exact.key);
  at("key-run").textContent = run.key ? `this run: ${plain(run.key.best)} ${interval(run.key, (x) => plain(x))}` : "";
  put("finite", large(finite.secret_bits), finite.secret_bits);
  at("finite-of").textContent = `of ${large(finite.key_bits)} key bits, ${large(finite.test_bits)} compared`;
  put("notice", notice.safe ? large(notice.safe) : "–", notice.safe ?? "");
  at("notice-unit").textContent = notice.safe ? notice.trial.replace("compared ", "") : "";
  at("notice-of").textContent = notice.safe ? `of ${large(notice.pulses)} signals` : "nothing shows her";
  if (shown.exact && panel.state.share === "0") at("notice-of").textContent = "nobody listens";
}

function showClaims({ exact, finite, notice, tolerated_qber: limit, run, seed: drawn, work_s }) {
  at("claim-endless").textContent = exact.key ? `The key of an endless run is ${exact.security.sentence}.` : "";
  at("claim-finite").textContent = finite.secret_bits ? `The finite key is ${finite.security.sentence}.` : sentence(finite.reason);
  const rule = notice.tail === "fewer" ? "fewer than" : "more than";
  at("claim-notice").textContent = notice.safe
    ? `${notice.is_exact ? "Exact test" : "Normal approximation"} of ${notice.event} among ${notice.trial}: expected ${percent(notice.honest)} % without her, ${percent(notice.attacked)} % with her; of ${count(notice.first)} it alarms when ${rule} ${count(notice.threshold)} are counted; from ${count(notice.safe)} on every larger number will do.`
    : "";
  const ends = limit ? ` Single photons tolerate a QBER of ${percent(limit)} % at an error correction of 1.16 times the Shannon limit.` : "";
  at("exact").textContent = `QBER, Eve's knowledge and the key of an endless run are exact: ${panel.words.pulses(run.pulses)} signals were drawn with seed ${drawn} for what is said of this run, with intervals of 95 %${work_s === undefined ? "" : `; in ${time(work_s, 2)}`}.${ends}`;
}

// Signal by signal.

const DOES = { "kept a photon": "Eve kept one", "knows the state": "Eve is certain", probed: "Eve's probe" };

async function follow(setting, signal) {
  await showStrip(signal);
  if (!signal.aborted) await showCurves(signal);
}

async function showStrip(signal) {
  const found = await ask(`spy/rounds?${panel.query({ seed })}`, signal);
  if (!found || signal.aborted) return;
  strip = found;
  at("save-strip").disabled = !found.signals;
  if (!found.signals) {
    at("strip").replaceChildren(make("p", { textContent: sentence(found.refused ?? found.error) }));
    return;
  }
  const lost = found.sent - found.signals.length;
  at("strip-title").textContent = `The first ${found.signals.length} detected signals, drawn with seed ${found.seed}${lost ? `; ${count(lost)} more were lost on the way` : ""}`;
  at("strip").replaceChildren(make("table", {}, ...rows(found.signals)));
}

function rows(signals) {
  const row = (title, kind, cell) => make("tr", { className: kind }, make("th", { scope: "row", textContent: title }), ...signals.map((each) => {
    const { text, look = "", title: more = "" } = cell(each);
    return make("td", { textContent: text, className: look, title: more });
  }));
  const did = ({ eve }) => (eve === null ? { text: "·" } : { text: eve.basis ?? "•", look: "touched", title: eve.did });
  return [
    row("Signal", "numbers", ({ number }) => ({ text: number > 9999 ? "…" : number, title: `signal ${number}` })),
    row("Alice's bit", "", ({ bit_alice }) => ({ text: bit_alice })),
    row("Alice's basis", "", ({ basis_alice }) => ({ text: basis_alice })),
    row(signals.map(({ eve }) => DOES[eve?.did]).find(Boolean) ?? "Eve's basis", "of-eve", did),
    row("Eve's bit", "of-eve", ({ eve }) => ({ text: eve?.bit ?? "·" })),
    row("Bob's basis", "", ({ basis_bob }) => ({ text: basis_bob })),
    row("Bob's bit", "", ({ bit_bob, fate, wrong }) => ({ text: bit_bob, look: fate === "dropped" ? "dropped" : wrong ? "wrong" : "" })),
    row("Sifted", "", ({ fate, wrong }) => ({ text: fate === "dropped" ? "–" : fate === "key" ? "K" : "T", look: `${fate}${wrong ? " wrong" : ""}`, title: { dropped: "bases differ: dropped", key: "kept for the key", test: "compared in public" }[fate] })),
  ];
}

function saveStrip() {
  const head = ["signal", "bit_alice", "basis_alice", "eve", "basis_eve", "bit_eve", "basis_bob", "bit_bob", "fate", "wrong"];
  const lines = strip.signals.map((each) => [each.number, each.bit_alice, each.basis_alice, each.eve?.did, each.eve?.basis, each.eve?.bit, each.basis_bob, each.bit_bob, each.fate, each.wrong]);
  save(`signals-seed-${strip.seed}.csv`, "text/csv", csv([head, ...lines]));
}

// Curves over Eve's share.

async function showCurves(signal) {
  const found = await ask(`spy/curve?${panel.query()}`, signal);
  if (!found || signal.aborted) return;
  if (!found.points) {
    errors.clear();
    knows.clear();
    return;
  }
  const here = 100 * Number(panel.state.share), { run } = shown;
  const { title } = choices.attacks[panel.state.attack];
  const x = { title: "Eve's share", unit: "%", from: 0, to: 100, write: (share) => `share ${plain(share)} %` };
  const line = (name, value) => found.points.map((point) => ({ x: 100 * point.share, y: value(point) }));
  const bound = shown.tolerated_qber ? [{ name: "no key above", look: "bound", points: [0, 100].map((share) => ({ x: share, y: 100 * shown.tolerated_qber })) }] : [];
  const drawn = run.qber ? [{ name: `run of ${panel.words.pulses(run.pulses)}`, look: "second", interval: "bars", points: [{ x: here, y: 100 * run.qber.best, low: 100 * run.qber.low, high: 100 * run.qber.high }] }] : [];
  errors.show({
    title: "QBER by Eve's share",
    setting: `${shown.title}; ${title}`,
    file: "qber-by-share",
    x,
    y: { title: "QBER", unit: "%", write: (rate) => `${digits(rate, 3)} %` },
    series: [{ name: "exact", look: "first", points: line("qber", ({ qber }) => 100 * qber) }, ...drawn, ...bound],
    here,
  });
  const ends = found.ends ? [{ x: 100 * found.ends, text: `key ends at ${plain(100 * found.ends)} %` }] : [];
  knows.show({
    title: "Key, and what Eve knows, of each sifted bit",
    setting: `${shown.title}; ${title}`,
    file: "key-by-share",
    x,
    y: { title: "information", unit: "bit per sifted bit", from: 0, write: (bits) => `${digits(bits, 3)} bit` },
    series: [
      { name: "secret, endless run", look: "first", points: line("key", ({ key }) => key) },
      { name: "Eve knows", look: "second", points: line("known", ({ known }) => known) },
    ],
    marks: ends,
    here,
  });
}

async function start() {
  choices = await ask("spy/choices");
  if (choices.error) {
    at("verdict").textContent = sentence(choices.error);
    return;
  }
  for (const [name, { title }] of Object.entries(choices.attacks)) at("attack").append(new Option(title, name));
  for (const [name, title] of Object.entries(choices.sources)) at("source").append(new Option(title, name));
  for (const [name, title] of Object.entries(choices.receivers)) at("receiver").append(new Option(title, name));
  for (const miss of choices.misses) at("miss").append(new Option(`${100 * (1 - miss)} %, else she is missed`, String(miss)));
  at("another").addEventListener("click", () => { seed += 1; panel.change({}); });
  at("save-strip").addEventListener("click", saveStrip);
  at("copy").addEventListener("click", () => copy(shown.scenario, "scenario"));
  // A photon alone cannot be split: with another source, the attack stays.
  at("source").addEventListener("change", () => {
    if (at("source").value === "single" && choices.attacks[panel.state.attack].splits) panel.state.attack = choices.start.attack;
  });
  panel.start(choices);
}

start();
