"use strict";
// Two small charts as inline SVG, and how numbers are written.

const SVG = "http://www.w3.org/2000/svg";

function draw(parent, name, attributes, text) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text !== undefined) element.textContent = text;
  parent.append(element);
  return element;
}

const DIGITS = "⁰¹²³⁴⁵⁶⁷⁸⁹";
const raised = (power) => String(power).replace("-", "⁻").replace(/\d/g, (digit) => DIGITS[digit]);

/** Significant digits, without an exponent where that reads well; zero is "0". */
function digits(value, count = 4) {
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e-3 && size < 1e6) {
    const shown = Number(value.toPrecision(count));
    const places = Math.max(0, count - 1 - Math.floor(Math.log10(Math.abs(shown))));
    return size >= 1e4 ? Math.round(shown).toLocaleString("en-GB").replaceAll(",", "\u2009") : shown.toFixed(places);
  }
  const [mantissa, power] = value.toExponential(Math.min(count, 3) - 1).split("e");
  return `${mantissa} × 10${raised(Number(power))}`;
}

/** A time in the unit in which it reads best. */
function time(seconds, count = 3) {
  const units = [[63115200, "years", 31557600], [172800, "days", 86400], [7200, "h", 3600], [1200, "min", 60], [1, "s"], [1e-3, "ms"], [1e-6, "µs"], [1e-9, "ns"]];
  const [from, unit, size] = units.find(([length]) => seconds >= length * 0.9999) ?? units.at(-1);
  return `${plain(seconds / (size ?? from), count)}\u00a0${unit}`;
}

/** The same digits without zeros at the end. */
function plain(value, count = 3) {
  const shown = Number(value.toPrecision(count));
  return shown >= 1e6 ? digits(shown, count) : String(shown);
}

function canvas(svg, margin) {
  svg.replaceChildren();
  const { width, height } = svg.getBoundingClientRect();
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  const right = width - margin.right, bottom = height - margin.bottom;
  draw(svg, "path", { class: "axis", d: `M${margin.left} ${margin.top}V${bottom}H${right}` });
  return { left: margin.left, top: margin.top, right, bottom };
}

/** A nice step for at most `most` intervals up to `top`. */
function niceStep(top, most) {
  const rough = top / most, power = 10 ** Math.floor(Math.log10(rough));
  return [1, 2, 5, 10].map((k) => k * power).find((step) => step >= rough * 0.9999);
}

/**
 * Key rate over the positions of a slider.
 * points: {place, key, plob} (key null where the engine refuses); places: how many positions;
 * ticks: {place, text}; here: {place, key} or null.
 */
function drawCurve(svg, { points, places, ticks, here }) {
  const box = canvas(svg, { left: 58, right: 14, top: 10, bottom: 26 });
  const across = (place) => box.left + 8 + ((box.right - box.left - 16) * place) / (places - 1);
  const keys = [...points, ...(here ? [here] : [])].map((point) => point.key).filter((key) => key > 0);
  for (const tick of ticks) {
    const x = across(tick.place);
    draw(svg, "line", { class: "axis", x1: x, x2: x, y1: box.bottom, y2: box.bottom + 5 });
    draw(svg, "text", { x, y: box.bottom + 21, "text-anchor": "middle" }, tick.text);
  }
  let up = () => box.bottom;
  if (keys.length) {
    const most = Math.max(...keys), least = Math.min(...keys);
    const logarithmic = most / least > 30;
    const low = logarithmic ? Math.floor(Math.log10(least)) : 0;
    const high = logarithmic ? Math.max(low + 1, Math.log10(most) + 0.15) : most * 1.12;
    const share = (key) => ((logarithmic ? Math.log10(key) : key) - low) / (high - low);
    // Room below for the crosses of points without a key.
    const floor = box.bottom - 16;
    up = (key) => floor - (floor - box.top) * share(key);
    const step = logarithmic ? Math.ceil((high - low) / 4) : niceStep(most, 3);
    for (let mark = low; mark <= high; mark += step) {
      const y = floor - ((floor - box.top) * (mark - low)) / (high - low);
      const text = logarithmic ? (mark >= 0 && mark < 4 ? String(10 ** mark) : `10${raised(mark)}`) : plain(mark);
      draw(svg, "line", { class: "axis", x1: box.left - 5, x2: box.left, y1: y, y2: y });
      draw(svg, "text", { x: box.left - 8, y: y + 5, "text-anchor": "end" }, text);
    }
    drawBound(svg, box, points.filter((point) => point.plob > 0).map((point) => [across(point.place), up(point.plob)]));
  }
  if (here) draw(svg, "line", { class: "here-line", x1: across(here.place), x2: across(here.place), y1: box.top, y2: box.bottom });
  const runs = [[]];
  const line = here && !points.some(({ place }) => place === here.place) ? [...points, here] : points;
  for (const point of [...line].sort((one, other) => one.place - other.place)) {
    if (point.key > 0) runs.at(-1).push([across(point.place), up(point.key)]);
    else if (runs.at(-1).length) runs.push([]);
  }
  path(svg, "exact", runs);
  for (const point of points) {
    const x = across(point.place);
    if (point.key > 0) draw(svg, "circle", { class: "exact-dot", cx: x, cy: up(point.key), r: 3.5 });
    else if (point.key === 0) cross(svg, x, box.bottom - 6);
    else draw(svg, "text", { x, y: box.bottom - 1, "text-anchor": "middle" }, "?");
  }
  if (here && here.key > 0) draw(svg, "circle", { class: "here", cx: across(here.place), cy: up(here.key), r: 6 });
}

/** The bound of the bare fibre, cut off where it leaves the chart, with its name. */
function drawBound(svg, box, line) {
  const clip = draw(draw(svg, "defs", {}), "clipPath", { id: "inside" });
  draw(clip, "rect", { x: box.left, y: box.top, width: box.right - box.left, height: box.bottom - box.top });
  const dashed = path(svg, "plob", [line]);
  if (!dashed) return;
  dashed.setAttribute("clip-path", "url(#inside)");
  const inside = line.filter(([, y]) => y >= box.top - 1 && y <= box.bottom);
  if (!inside.length) return;
  const [x, y] = inside.at(-1), near = x > box.right - 50;
  draw(svg, "text", { class: "plob-name", x: near ? x - 4 : x + 6, y: Math.max(y - 4, box.top + 12), "text-anchor": near ? "end" : "start" }, "PLOB");
}

function path(svg, kind, runs) {
  const d = runs.map((run) => run.map(([x, y], k) => `${k ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("")).join("");
  return d ? draw(svg, "path", { class: kind, d }) : null;
}

function cross(svg, x, y) {
  draw(svg, "path", { class: "nothing", d: `M${x - 4} ${y - 4}l8 8m0 -8l-8 8` });
}

/** Shares of the deliveries over time, with the median and the time by which 90 % have come. */
function drawTimes(svg, distribution) {
  const box = canvas(svg, { left: 14, right: 14, top: 24, bottom: 26 });
  const { shares, bar_s, quantiles_s } = distribution;
  const span = shares.length * bar_s, most = Math.max(...shares);
  const across = (seconds) => box.left + ((box.right - box.left) * seconds) / span;
  const width = (box.right - box.left) / shares.length;
  shares.forEach((share, k) => {
    const height = ((box.bottom - box.top) * share) / most;
    draw(svg, "rect", { class: "bar", x: across(k * bar_s), y: box.bottom - height, width: Math.max(1, width * 0.96), height });
  });
  const unit = Number(`1e${3 * Math.floor(Math.log10(span) / 3)}`);
  const shown = span >= 1 ? 1 : unit;
  const step = niceStep(span / shown, 5);
  for (let mark = 0; mark * shown <= span * 0.98; mark += step) {
    const x = across(mark * shown), last = (mark + step) * shown > span * 0.98;
    draw(svg, "line", { class: "axis", x1: x, x2: x, y1: box.bottom, y2: box.bottom + 5 });
    const text = last ? `${plain(mark)} ${symbol(shown)}` : plain(mark);
    draw(svg, "text", { x: Math.min(x, box.right - 24), y: box.bottom + 21, "text-anchor": mark ? "middle" : "start" }, text);
  }
  for (const [share, label] of [["0.5", "half"], ["0.9", "90 %"]]) {
    const x = across(quantiles_s[share]);
    draw(svg, "line", { class: "mark", x1: x, x2: x, y1: box.top - 4, y2: box.bottom });
    const before = label === "half" ? x - box.left > 120 : x > box.right - 100;
    // Two names that would meet stand one below the other.
    const meets = label !== "half" && before && x - 120 < across(quantiles_s["0.5"]);
    draw(svg, "text", { x: before ? x - 3 : x + 3, y: meets ? box.top + 12 : box.top - 8, "text-anchor": before ? "end" : "start" }, `${label}: ${time(quantiles_s[share])}`);
  }
}

const symbol = (unit) => ({ 1: "s", 1e-3: "ms", 1e-6: "µs", 1e-9: "ns" })[unit] ?? `× ${unit} s`;
