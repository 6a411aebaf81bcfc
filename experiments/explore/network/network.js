"use strict";
// A network. A control moves, a fibre is cut: routes are found anew (network/routes), then the map
// (network/map), and who gets how much where all ask at once (network/shares).

const FIELDS = ["network", "hardware", "strategy", "source", "target", "cuts", "load"];
const strategies = new Chart(at("strategies")), gets = new Chart(at("gets"));
let choices, shown = null, map = null, shares = null, before = null, seed = 1;
let chosen = null; // { node: name } or { link: "a~b" }

const panel = new Panel({ fields: FIELDS, words: { load: (load) => (load === 1 ? "as planned" : `${plain(load)} × as often`) }, show, follow });

const joined = (ends) => ends.join("~");
const same = (one, other) => one.length === other.length && one.every((end) => other.includes(end));
const rateText = (value) => digits(value, 3);

panel.onControls = () => {
  const known = choices.networks[panel.state.network]?.strategies ?? choices.strategies;
  for (const option of at("strategy").options) option.disabled = !known.includes(option.value);
  const cuts = panel.state.cuts ? panel.state.cuts.split(",") : [];
  at("cut-said").textContent = cuts.length ? `Cut: ${cuts.map((cut) => cut.replace("~", " - ")).join(", ")}` : "Choose a link on the map to cut it.";
  at("mend").hidden = !cuts.length;
};

function put(name, text, value = "") {
  at(name).textContent = text;
  at(name).dataset.value = value;
}

async function show() {
  const found = await ask(`network/routes?${panel.query()}`);
  before = shown?.routes?.[0] ?? null;
  shown = found;
  const best = found.routes?.[0];
  showBest(best);
  const lines = found.error ? [found.error] : found.says;
  at("verdict").replaceChildren(...lines.map((text) => make("p", { textContent: found.error ? sentence(text) : text, className: /^No route|give no pairs|too noisy/.test(text) || found.error ? "none" : "" })));
  at("routes").replaceChildren(...(found.routes?.length ? routeRows(found.routes) : []));
  at("save-routes").disabled = !found.routes?.length;
  at("claim").textContent = best?.secret_key_rate_hz?.best > 0 ? `The key is ${found.security.sentence}.` : "";
  at("exact").textContent = found.error ? "" : `Each route is played as a chain of its own, exactly where that is quick, else by draws with seed ${found.seed} and an interval of 95 %${found.work_s === undefined ? "" : `; found in ${time(found.work_s, 2)}`}.`;
  showStrategies(found);
  return !found.error;
}

function showBest(best) {
  const written = {
    key: [best?.secret_key_rate_hz, rateText], rate: [best?.rate_hz, rateText], fidelity: [best?.fidelity, (x) => x.toFixed(4)],
  };
  const old = { key: before?.secret_key_rate_hz, rate: before?.rate_hz, fidelity: before?.fidelity };
  for (const [name, [value, write]] of Object.entries(written)) {
    put(name, value ? write(value.best) : "–", value?.best ?? "");
    const was = value && old[name] && write(old[name].best) !== write(value.best) ? `was ${write(old[name].best)}` : "";
    at(`${name}-more`).textContent = [value ? interval(value, write) : "", was].filter(Boolean).join(" ");
  }
  put("length", best?.length_km ? plain(best.length_km, 4) : "–", best?.length_km ?? "");
  at("length-more").textContent = best ? `${best.hops} link${best.hops > 1 ? "s" : ""}` : "";
}

function cell(value, write) {
  if (!value) return make("td", { textContent: "–" });
  const range = interval(value, write);
  return make("td", {}, write(value.best), ...(range ? [make("small", { textContent: range })] : []));
}

function head(...names) {
  return make("tr", {}, ...names.map((name) => make("th", { scope: "col" }, name)));
}

function routeRows(routes) {
  const rows = routes.map((row, k) => make("tr", { className: k ? "" : "best" },
    make("td", {}, row.route.join(" - "), ...(row.reason ? [make("small", { textContent: row.reason })] : [])),
    make("td", { textContent: row.length_km === null ? "–" : plain(row.length_km, 3) }),
    cell(row.rate_hz, rateText), cell(row.fidelity, (x) => x.toFixed(3)), cell(row.secret_key_rate_hz, rateText)));
  return [head("route", "km", "pairs/s", "fidelity", "key, bit/s"), ...rows];
}

function saveRoutes() {
  const three = (value) => [value?.best, value?.low, value?.high];
  const title = ["route", "length_km", ...["rate_hz", "fidelity", "secret_key_rate_hz"].flatMap((name) => [name, `${name}_low`, `${name}_high`]), "draws"];
  const rows = shown.routes.map((row) => [row.route.join(" - "), row.length_km, ...three(row.rate_hz), ...three(row.fidelity), ...three(row.secret_key_rate_hz), row.draws]);
  save("routes.csv", "text/csv", csv([title, ...rows]));
}

function showStrategies(found) {
  const played = (found.strategies ?? []).filter((row) => row.rate_hz);
  if (played.length < 2) return strategies.clear();
  const points = (name) => found.strategies.map((row, k) => {
    const value = row[name];
    if (!value || value.best === 0) return { x: k, value: row.strategy, y: value ? 0 : null, sign: value ? "×" : "?", note: value ? "no key" : row.reason };
    return { x: k, value: row.strategy, y: value.best, low: value.low, high: value.high ?? value.best };
  });
  const names = found.strategies.map((row) => row.strategy);
  return strategies.show({
    title: "The best route, joined in each way",
    setting: found.routes[0].route.join(" - "),
    file: "strategies",
    x: { title: "strategy", from: -0.5, to: names.length - 0.5, ticks: names.map((text, k) => ({ at: k, text })), write: (k) => names[Math.round(k)] ?? "" },
    y: { title: "per second", log: "auto", write: (rate) => `${digits(rate, 3)} /s` },
    series: [
      { name: "pairs", kind: "bar", look: "first", width: 0.7, points: points("rate_hz") },
      { name: "secret bits", kind: "bar", look: "second", width: 0.7, points: points("secret_key_rate_hz") },
    ],
  });
}

// The map.

async function follow(setting, signal) {
  const found = await ask(`network/map?${panel.query()}`, signal);
  if (!found || signal.aborted) return;
  map = found.nodes ? found : map;
  if (found.nodes) {
    at("title").textContent = found.title;
    showUsers();
    drawMap();
  }
  await showShares(signal);
}

/** The users of the network, as they stand in the lists. */
function showUsers() {
  for (const name of ["source", "target"]) {
    at(name).replaceChildren(...map.nodes.map((node) => new Option(node.name, node.name)));
    at(name).value = panel.state[name];
  }
}

function drawMap() {
  const svg = at("map"), { width } = svg.getBoundingClientRect();
  if (!map || width < 60) return;
  const height = Math.round(Math.max(240, Math.min(560, (width - 140) / map.ratio + 70)));
  svg.style.height = `${height}px`;
  const room = { x: 70, y: 30 }, wide = width - 2 * room.x, tall = height - 2 * room.y;
  const scale = Math.min(wide / map.ratio, tall), across = map.ratio * scale;
  const left = (width - across) / 2, top = (height - scale) / 2;
  const places = Object.fromEntries(map.nodes.map(({ name, x, y }) => [name, [left + x * across, top + y * scale]]));
  svg.replaceChildren();
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  at("map-title").textContent = "Choose a node, or a link to cut it";
  const best = shown?.routes?.[0]?.rate_hz ? shown.routes[0].route : [];
  const first = best.length ? map.edges.find(({ ends }) => same(ends, best.slice(0, 2))) : map.edges.find(({ is_cut: cut }) => cut);
  chosen ??= first ? { link: joined(first.ends) } : null;
  if (best.length) draw(svg, "polyline", { class: "band", points: best.map((name) => places[name].map((x) => x.toFixed(1)).join(",")).join(" ") });
  for (const edge of map.edges) drawLink(svg, edge, edge.ends.map((end) => places[end]));
  for (const node of map.nodes) drawNode(svg, node, places[node.name], width);
  showAbout();
}

function pressable(element, label, run) {
  for (const [name, value] of Object.entries({ tabindex: 0, role: "button", "aria-label": label })) element.setAttribute(name, value);
  element.addEventListener("click", run);
  element.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    run();
  });
}

function drawLink(svg, edge, [[x1, y1], [x2, y2]]) {
  const is = chosen?.link === joined(edge.ends);
  const group = draw(svg, "g", { class: `link${edge.is_cut ? " cut" : ""}${is ? " chosen" : ""}`, "data-link": joined(edge.ends) });
  const use = shares?.edges?.find(({ ends }) => same(ends, edge.ends))?.use?.best ?? 0;
  draw(group, "line", { class: "hit", x1, y1, x2, y2 });
  draw(group, "line", { class: "fibre", x1, y1, x2, y2, ...(edge.is_cut ? {} : { style: `stroke-width: ${(2.5 + 6 * use).toFixed(1)}` }) });
  const x = (x1 + x2) / 2, y = (y1 + y2) / 2;
  if (edge.is_cut) draw(group, "path", { class: "cross", d: `M${x - 7} ${y - 7}l14 14m0 -14l-14 14` });
  else if (edge.length_km !== null && Math.hypot(x2 - x1, y2 - y1) > 76) draw(group, "text", { class: "km", x, y: y - 6, "text-anchor": "middle" }, `${plain(edge.length_km, 3)} km`);
  pressable(group, `Link ${edge.ends.join(" - ")}${edge.is_cut ? ", cut" : ""}`, () => choose({ link: joined(edge.ends) }));
}

function drawNode(svg, node, [x, y], width) {
  const isEnd = [panel.state.source, panel.state.target].includes(node.name);
  const group = draw(svg, "g", { class: `node ${node.kind}${isEnd ? " end" : ""}${chosen?.node === node.name ? " chosen" : ""}`, "data-node": node.name });
  draw(group, "circle", { cx: x, cy: y, r: isEnd ? 10 : 8 });
  const half = 4.2 * node.name.length, middle = Math.min(Math.max(x, half + 2), width - half - 2);
  draw(group, "text", { x: middle, y: y - 14, "text-anchor": "middle" }, node.name);
  pressable(group, `Node ${node.name}`, () => choose({ node: node.name }));
}

function choose(what) {
  chosen = what;
  drawMap();
  const kind = what.node ? "node" : "link";
  at("map").querySelector(`[data-${kind}="${CSS.escape(what.node ?? what.link)}"]`)?.focus();
}

function showAbout() {
  const node = map.nodes.find(({ name }) => name === chosen?.node), edge = map.edges.find(({ ends }) => joined(ends) === chosen?.link);
  if (node) aboutNode(node);
  else if (edge) aboutLink(edge);
  else {
    at("about-title").textContent = "Choose a node or a link on the map";
    at("about-list").replaceChildren();
    at("about-buttons").replaceChildren();
  }
}

function list(pairs) {
  at("about-list").replaceChildren(...pairs.filter(([, text]) => text).flatMap(([name, text]) => [make("dt", {}, name), make("dd", { textContent: text })]));
}

const button = (text, run) => make("button", { type: "button", textContent: text, onclick: run });

function aboutNode(node) {
  at("about-title").textContent = node.name;
  const asked = (shares?.demands ?? []).filter(({ ends }) => ends.includes(node.name));
  list([
    ["kind", node.kind],
    ["links", String(node.links)],
    [term("memory", "memories"), node.memories === null ? "as many as are asked for" : `${node.memories} for each link`],
    [term("swap", "swap"), node.swap_probability === 1 ? "always succeeds" : `succeeds ${plain(100 * node.swap_probability)} % of the time`],
    ["two-qubit gates", node.gate_error === 0 ? "without errors" : `${plain(100 * node.gate_error)} % infidelity`],
    ["wants pairs with", asked.map(({ ends }) => ends.filter((end) => end !== node.name).join(", ")).join("; ")],
  ]);
  const { source, target } = panel.state;
  at("about-buttons").replaceChildren(
    ...(node.name === target ? [] : [button(`From ${node.name}`, () => panel.change({ source: node.name }))]),
    ...(node.name === source ? [] : [button(`To ${node.name}`, () => panel.change({ target: node.name }))]),
  );
}

function aboutLink(edge) {
  const { alone } = edge, use = shares?.edges?.find(({ ends }) => same(ends, edge.ends))?.use;
  at("about-title").textContent = edge.ends.join(" - ");
  list([
    ["fibre", edge.length_km === null ? "" : `${plain(edge.length_km, 4)} km${edge.loss_db === null ? "" : `, ${plain(edge.loss_db)} dB`}`],
    [term("attempt", "attempts"), `every ${time(edge.attempt_time_s)}, ${plain(100 * edge.success_probability)} % succeed`],
    [term("memory", "memories"), `${edge.memories ?? "as many as asked for"} at each end; ${edge.decays.map(({ does, time_s }) => `${does} in ${time(time_s)}`).join(", ") || "they forget nothing"}`],
    ["makes at most", edge.rate_hz === null ? "" : `${digits(edge.rate_hz, 3)} pairs/s, all memories together`],
    ["fresh pair", `fidelity ${edge.fresh_fidelity.toFixed(4)}`],
    ["alone, one memory", alone.rate_hz ? `${[`${digits(alone.rate_hz.best, 3)} pairs/s`, interval(alone.rate_hz, rateText)].filter(Boolean).join(" ")}, ${digits(alone.secret_key_rate_hz.best, 3)} bit/s` : alone.reason],
    ["memories taken", use ? `${plain(100 * use.best)} % of the time ${interval(use, (x) => plain(100 * x))}` : ""],
    ["state", edge.is_cut ? "cut" : "in use"],
  ]);
  at("about-buttons").replaceChildren(button(edge.is_cut ? "Mend this link" : "Cut this link", () => toggle(joined(edge.ends))));
}

function toggle(link) {
  const cuts = new Set(panel.state.cuts ? panel.state.cuts.split(",") : []);
  if (!cuts.delete(link)) cuts.add(link);
  // In the order of the network: the same cuts are the same address.
  const order = map.edges.map(({ ends }) => joined(ends));
  panel.change({ cuts: order.filter((each) => cuts.has(each)).join(",") });
}

/** The map as a picture of its own, its looks written into it. */
function saveMap() {
  const svg = at("map"), copied = svg.cloneNode(true), originals = svg.querySelectorAll("*");
  const names = ["fill", "stroke", "stroke-width", "stroke-dasharray", "stroke-linecap", "opacity", "font-size", "font-family", "font-weight", "paint-order"];
  copied.querySelectorAll("*").forEach((element, k) => {
    const style = getComputedStyle(originals[k]);
    element.setAttribute("style", names.map((name) => `${name}: ${style.getPropertyValue(name)}`).join("; "));
    for (const name of ["tabindex", "role", "class"]) element.removeAttribute(name);
  });
  copied.setAttribute("xmlns", SVG);
  save("network.svg", "image/svg+xml", new XMLSerializer().serializeToString(copied));
}

// Who gets how much.

async function showShares(signal) {
  at("shares-title").textContent = "Who gets how much: playing";
  const found = await ask(`network/shares?${panel.query({ seed })}`, signal);
  if (!found || signal.aborted) return;
  shares = found;
  const failed = found.refused ?? found.error, demands = found.demands ?? [];
  at("copy").disabled = !found.scenario;
  at("save-shares").disabled = !demands.length;
  at("shares-title").textContent = failed ? "Who gets how much" : `Who gets how much: ${found.replicas} runs of ${time(found.duration_s)} played, seed ${found.seed}`;
  at("shares-says").replaceChildren(...(failed ? [sentence(failed)] : found.says).map((text) => make("p", { textContent: text })));
  at("shares").replaceChildren(...(failed ? [] : shareRows(found)));
  const claims = [...new Set(demands.map(({ security }) => security.notion))].filter((notion) => notion !== "none");
  at("shares-how").textContent = failed ? "" : `${sentence(found.how)} Intervals are of 95 %${claims.length ? `; keys are ${claims.join(", ")}` : ""}. ${aboutLength(found)}`;
  showGets(found, demands);
  drawMap();
}

function aboutLength({ duration_s: played, file_duration_s: planned }) {
  if (played === planned) return "";
  return `The network's file plays ${time(planned)}: here ${played < planned ? "less, so that nobody waits" : "more, for its sessions take long"}.`;
}

function shareRows({ demands, unserved }) {
  const rows = demands.map((each) => make("tr", { className: each.is_own ? "own" : "" },
    make("td", {}, each.ends.join(" - "), ...(each.always_asks ? [make("small", { textContent: "always asks" })] : [])),
    cell(each.pair_rate_hz, rateText),
    make("td", { textContent: each.share === null ? "–" : `${plain(100 * each.share, 2)} %` }),
    cell(each.fidelity, (x) => x.toFixed(3)),
    cell(each.secret_key_rate_hz, rateText),
    cell(each.always_asks ? null : each.waiting_time_s, (x) => time(x, 2))));
  const none = unserved.map((each) => make("tr", { className: "unserved" }, make("td", { textContent: each.ends.join(" - ") }), make("td", { colSpan: 5, textContent: each.reason })));
  return [head("users", "pairs/s", "share", "fidelity", "key, bit/s", "wait"), ...rows, ...none];
}

function saveShares() {
  const names = ["pair_rate_hz", "fidelity", "secret_key_rate_hz", "waiting_time_s", "refused_fraction"];
  const title = ["users", "share", ...names.flatMap((name) => [name, `${name}_low`, `${name}_high`])];
  const rows = shares.demands.map((each) => [each.ends.join(" - "), each.share, ...names.flatMap((name) => [each[name]?.best, each[name]?.low, each[name]?.high])]);
  save(`shares-seed-${shares.seed}.csv`, "text/csv", csv([title, ...rows]));
}

function showGets(found, demands) {
  if (!demands.length) return gets.clear();
  const names = demands.map(({ ends }) => ends.map((end) => (end.length > 5 ? `${end.slice(0, 4)}.` : end)).join("\n"));
  return gets.show({
    title: "Pairs that users get where all ask at once",
    setting: `${map.title}; ${found.replicas} runs of ${time(found.duration_s)}, seed ${found.seed}`,
    file: "who-gets-how-much",
    x: { title: "users", from: -0.5, to: names.length - 0.5, ticks: names.map((text, k) => ({ at: k, text })), write: (k) => demands[Math.round(k)]?.ends.join(" - ") ?? "" },
    y: { title: "pairs", unit: "1/s", from: 0, write: (rate) => `${digits(rate, 3)} pairs/s` },
    series: [{ name: "pairs", kind: "bar", look: "first", width: 0.7, interval: "bars", points: demands.map((each, k) => ({ x: k, value: each.ends.join(" - "), y: each.pair_rate_hz.best, low: each.pair_rate_hz.low, high: each.pair_rate_hz.high })) }],
  });
}

async function start() {
  choices = await ask("network/choices");
  if (choices.error) {
    at("verdict").textContent = sentence(choices.error);
    return;
  }
  for (const [name, { title }] of Object.entries(choices.networks)) at("network").append(new Option(title, name));
  for (const [name, title] of Object.entries(choices.hardware)) at("hardware").append(Object.assign(new Option(name === "own" ? title : name, name), { title }));
  for (const name of choices.strategies) at("strategy").append(new Option(name, name));
  at("network").addEventListener("change", () => {
    // Before the panel reads it: other users, and nothing is cut.
    const [source, target] = choices.networks[at("network").value].users;
    Object.assign(panel.state, { source, target, cuts: "", strategy: choices.start.strategy });
    for (const [name, text] of Object.entries({ source, target })) at(name).replaceChildren(new Option(text, text));
    chosen = shares = shown = null;
  });
  at("mend").addEventListener("click", () => panel.change({ cuts: "" }));
  at("another").addEventListener("click", () => { seed += 1; panel.goOn(); });
  at("copy").addEventListener("click", () => copy(shares.scenario, "scenario"));
  at("save-routes").addEventListener("click", saveRoutes);
  at("save-shares").addEventListener("click", saveShares);
  at("save-map").addEventListener("click", saveMap);
  new ResizeObserver(drawMap).observe(at("map"));
  panel.start({ start: choices.start, scales: { load: choices.loads } });
}

start();
