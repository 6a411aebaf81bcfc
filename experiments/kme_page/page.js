"use strict";
// data-state of the body: working (nothing is shown yet), idle (what is shown is fresh), lost (the
// server of this page does not answer). Once a second the network is fetched and drawn anew; texts
// go into the page as texts, never as HTML.

const PERIOD_MS = 1000;

const at = (id) => document.getElementById(id);

/** Bits in the unit in which they read best. */
function bits(value) {
  const [unit, size] = value >= 1e9 ? ["Gbit", 1e9] : value >= 1e6 ? ["Mbit", 1e6] : value >= 1e3 ? ["kbit", 1e3] : ["bit", 1];
  return `${plain(value / size, 3)}\u00a0${unit}`;
}

const percent = (share) => `${plain(100 * share, 3)}\u00a0%`;
const clock = (seconds) => new Date(1000 * seconds).toLocaleTimeString("en-GB");

/** An element with a class and text or children. */
function make(tag, kind, ...inside) {
  const element = document.createElement(tag);
  if (kind) element.className = kind;
  element.append(...inside);
  return element;
}

/** A name, cut where it is long. */
function bold(name) {
  const element = make("b", "", name);
  element.title = name;
  return element;
}

/** Rows of a table: each a class and its cells. */
function fill(id, rows, none) {
  const table = at(id), labels = [...table.tHead.rows[0].cells].map((cell) => cell.textContent);
  const made = rows.map(({ kind, cells }) => {
    const row = make("tr", kind);
    cells.forEach((cell, k) => {
      const box = make("td", "", make("span", "", ...[cell].flat()));
      box.dataset.label = labels[k];
      row.append(box);
    });
    return row;
  });
  if (!made.length) {
    const empty = make("td", "empty", none);
    empty.colSpan = labels.length;
    made.push(make("tr", "", empty));
  }
  table.tBodies[0].replaceChildren(...made);
}

/** Level of an edge over the time that was watched. */
function spark(levels, top) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "spark");
  svg.setAttribute("viewBox", "0 0 120 26");
  svg.setAttribute("aria-hidden", "true");
  if (levels.length < 2) return svg;
  const first = levels[0][0], span = levels.at(-1)[0] - first || 1;
  const points = levels.map(([time, level]) => `${((118 * (time - first)) / span + 1).toFixed(1)} ${(25 - (23 * level) / (top || 1)).toFixed(1)}`);
  draw(svg, "path", { class: "under", d: `M1 25L${points.join("L")}L119 25Z` });
  draw(svg, "path", { class: "level", d: `M${points.join("L")}` });
  return svg;
}

function bar(share) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "bar");
  svg.setAttribute("viewBox", "0 0 64 10");
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("aria-hidden", "true");
  draw(svg, "rect", { x: 0, y: 0, width: 64 * Math.min(1, share), height: 10 });
  return svg;
}

function showEdges(edges) {
  const top = Math.max(...edges.flatMap((edge) => edge.levels.map(([, level]) => level)), 0);
  fill("edges", edges.map((edge) => {
    if (edge.state === "unknown") return { kind: "silent", cells: [edge.name, edge.levels.length > 1 ? spark(edge.levels, top) : "–", "–", "–", "–", "unknown: neither end answers"] };
    const range = edge.qber && [edge.qber.low, edge.qber.high].map((share) => plain(100 * share, 3)).join(" to ");
    const errors = edge.qber ? `${percent(edge.qber.best)} (${range})` : "–";
    const state = edge.stopped ? `stopped${edge.alarm ? ` at ${clock(edge.alarm.at)}` : ""}` : edge.state;
    return {
      kind: edge.stopped ? "stopped" : "",
      cells: [
        bold(edge.name),
        make("span", "whole", bits(edge.level_bits), spark(edge.levels, top)),
        `${bits(edge.made_bit_per_s)}/s`,
        make("span", "whole", errors),
        percent(edge.expected_qber),
        state,
      ],
    };
  }), "no edges");
}

function showPairs(pairs, none) {
  fill("pairs", pairs.map((pair) => ({
    kind: pair.reason ? "stopped" : "",
    cells: [
      bold(`${pair.from} → ${pair.to}`),
      make("span", "whole", bar(pair.ready_keys / pair.wanted_keys), `${pair.ready_keys} of ${pair.wanted_keys}`),
      pair.reason || pair.routes.map((route) => route.join("–")).join(", "),
    ],
  })), none ?? "no two nodes have SAEs");
}

function showUsers(users, none) {
  fill("users", users.map((user) => ({
    cells: [[bold(user.sae), make("small", "", ` at ${user.node}`)], String(user.keys), bits(user.bits), `${bits(user.bit_per_s)}/s`],
  })), none ?? "no SAEs");
}

function showNodes(nodes, now) {
  fill("nodes", nodes.map((node) => {
    if (!node.is_up) return { kind: "silent", cells: [node.name, "does not answer", "–", "–", "–", "–"] };
    const { counters, relays } = node;
    const silent = node.silent_peers.length ? `, does not hear ${node.silent_peers.join(", ")}` : "";
    return {
      cells: [
        bold(node.name),
        (node.is_ready ? "ready" : "not ready yet") + silent,
        time(Math.max(1, now - node.begun_s), 2),
        `${counters.delivered}, ${counters.collected}`,
        `${counters.voided_keys}, ${counters.expired_keys}`,
        `${relays.jobs}, ${relays.voided_jobs}, ${relays.passed_on}`,
      ],
    };
  }), "no nodes");
}

/** A text on a line, with a white field behind it. */
function onLine(svg, x, y, kind, text) {
  const width = 9 * text.length + 4;
  draw(svg, "rect", { class: "field", x: x - width / 2, y: y - 11, width, height: 22 });
  draw(svg, "text", { class: `amount ${kind}`, x, y: y + 5, "text-anchor": "middle" }, text);
}

/** Nodes on a circle, and their edges with how much key they hold; numbers while they are few. */
function showMap(nodes, edges) {
  const svg = at("map"), width = 400, height = 330, few = edges.length <= 16;
  svg.replaceChildren();
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  const turn = nodes.length === 2 ? Math.PI : Math.PI / 2;
  const angle = (k) => (2 * Math.PI * k) / nodes.length - turn;
  const point = (k, far) => [width / 2 + (130 + far) * Math.cos(angle(k)), height / 2 + (118 + far) * Math.sin(angle(k))];
  const place = new Map(nodes.map((node, k) => [node.name, point(k, 0)]));
  const top = Math.max(...edges.map((edge) => edge.level_bits ?? 0), 1);
  const lines = edges.map((edge) => {
    const [[x1, y1], [x2, y2]] = edge.ends.map((end) => place.get(end));
    const kind = edge.stopped ? "stopped" : edge.state === "unknown" ? "unknown" : edge.level_bits ? "" : "dry";
    draw(svg, "line", { class: `edge ${kind}`, x1, y1, x2, y2, "stroke-width": 2 + (6 * (edge.level_bits ?? 0)) / top });
    const text = edge.stopped ? "stopped" : edge.level_bits === undefined ? "unknown" : bits(edge.level_bits);
    return [svg, (x1 + x2) / 2, (y1 + y2) / 2, kind, text];
  });
  if (few) lines.forEach((line) => onLine(...line));
  nodes.forEach((node, k) => {
    const [x, y] = place.get(node.name), [across, down] = point(k, 24);
    const kind = node.is_up ? (node.is_ready ? "" : "waiting") : "silent";
    draw(svg, "circle", { class: `site ${kind}`, cx: x, cy: y, r: few ? 11 : 6 });
    const lean = Math.cos(angle(k)), anchor = Math.abs(lean) < 0.3 ? "middle" : lean > 0 ? "start" : "end";
    const room = anchor === "middle" ? 24 : 8, short = node.name.length > room ? `${node.name.slice(0, room - 1)}…` : node.name;
    const shift = anchor === "middle" ? 0 : lean > 0 ? -8 : 8;
    const name = draw(svg, "text", { x: across + shift, y: down + 5, "text-anchor": anchor }, short);
    draw(name, "title", {}, node.name);
  });
}

function show(network) {
  at("name").textContent = network.name;
  at("summary").textContent = network.summary;
  at("when").textContent = clock(network.time_s);
  at("alarms").hidden = !network.alarms.length;
  at("alarms").replaceChildren(...network.alarms.map((text) => make("li", "", text[0].toUpperCase() + text.slice(1))));
  showMap(network.nodes, network.edges);
  showEdges(network.edges);
  const none = network.nodes.some((node) => node.is_up) ? null : "unknown while no node answers";
  showPairs(network.pairs, none);
  showUsers(network.users, none);
  showNodes(network.nodes, network.time_s);
}

async function get(path) {
  try {
    const answer = await fetch(path);
    const found = await answer.json();
    return answer.ok ? found : null;
  } catch {
    return null;
  }
}

async function round() {
  const network = await get("network");
  setTimeout(round, PERIOD_MS);
  if (network) show(network);
  else at("summary").textContent = "The server of this page does not answer: start qnet kme page again.";
  document.body.dataset.state = network ? "idle" : "lost";
}

round();
