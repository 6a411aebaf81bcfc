"use strict";
// Charts of the pages as SVG, and how numbers are written. Every page loads this file first.
//
// Numbers:  digits(value, count = 4)  "53.2", "12 300", "1.2 × 10⁻⁷"
//           plain(value, count = 3)   the same without zeros at the end: "0.05"
//           time(seconds, count = 3)  "1.3 ms", "62 ms", "2.4 h"
// SVG:      draw(parent, name, attributes, text) appends an element of SVG and returns it.
// Files:    save(name, kind, text or Blob) gives the reader a file.
//
// Charts:   const chart = new Chart(box);  box: an empty <figure>; its size is the style sheet's.
//           chart.show(what); as often as wanted: the last one counts. chart.clear() hides it.
//   what = {
//     title: "Key rate over distance",       above the chart and in the saved picture
//     setting: "8 segments, nested",         what is held fixed: in the picture and the CSV
//     file: "key-rate-over-distance",        name of the saved files, without its end
//     x: { title: "distance", unit: "km", log: false, from, to, ticks: [{ at, text }],
//          write: (x) => "500 km",           all but the title may be left out
//          scale: "by the slider" },         said behind the drawn title
//     y: { title: "key rate", unit: "bit/s", log: true, false or "auto" (over a factor of 30),
//          from, to, write: (y) => "53.2 bit/s" },
//     series: [{ name: "this setting", kind: "line", "step" or "bar", look: "first", "second",
//                "third" or "bound" (dashed, sets no range), interval: "band" or "bars",
//                width: 1,                   of bars, in units of x; bars of several series stand
//                                            side by side within it
//                points: [{ x, y, low, high, note: "no key", sign: "×", value }] }],
//                                            y null or 0 where nothing comes: the sign stands at
//                                            the bottom; value is written in the CSV instead of x
//     marks: [{ x, text: "half" }],          dashed uprights with a name
//     here: 500,                             the x at which the reader is
//   }
// Values are read off by the pointer, by touch, and by the arrow keys once the chart has the focus;
// "Save" gives CSV, SVG and PNG.

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

/** The same digits without zeros at the end. */
function plain(value, count = 3) {
  const shown = Number(value.toPrecision(count));
  const size = Math.abs(shown);
  return size >= 1e6 || (size > 0 && size < 1e-4) ? digits(shown, count) : String(shown);
}

/** A time in the unit in which it reads best. */
function time(seconds, count = 3) {
  const units = [[63115200, "years", 31557600], [172800, "days", 86400], [7200, "h", 3600], [1200, "min", 60], [1, "s"], [1e-3, "ms"], [1e-6, "µs"], [1e-9, "ns"]];
  const [from, unit, size] = units.find(([length]) => seconds >= length * 0.9999) ?? units.at(-1);
  return `${plain(seconds / (size ?? from), count)}\u00a0${unit}`;
}

/** A nice step for at most `most` intervals up to `top`. */
function niceStep(top, most) {
  const rough = top / most, power = 10 ** Math.floor(Math.log10(rough));
  return [1, 2, 5, 10].map((k) => k * power).find((step) => step >= rough * 0.9999);
}

/** Give the reader a file. */
function save(name, kind, content) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([content], { type: kind }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

/** One axis: where a value lies between two ends in pixels, and its ticks. */
class Axis {
  /** most: how many intervals between ticks; base: a value that a linear axis shows as well. */
  constructor({ log, from, to, ticks, title, unit, scale }, values, most, base) {
    const known = values.filter((value) => Number.isFinite(value) && (log !== true || value > 0));
    const positive = known.filter((value) => value > 0);
    this.log = log === "auto" ? positive.length > 0 && Math.max(...positive) / Math.min(...positive) > 30 : Boolean(log);
    const used = this.log ? positive : known;
    const shown = used.length ? used : [1];
    if (base !== undefined && !this.log) shown.push(base);
    const low = from ?? Math.min(...shown), high = to ?? Math.max(...shown);
    this.name = (unit ? `${title} (${unit})` : title) + (scale ? `, ${scale}` : "");
    if (this.log) [this.low, this.high] = Axis.decades(low, high, from, to);
    else [this.low, this.high] = [low, high > low ? high + (base === undefined || to !== undefined ? 0 : 0.06 * (high - low)) : low + 1];
    this.ticks = ticks ?? this.own(most);
  }

  static decades(low, high, from, to) {
    const most = Math.log10(high), least = Math.log10(low);
    // What is smaller by more than 15 decades lies below the chart.
    const bottom = from === undefined ? Math.max(Math.floor(least + 1e-9), Math.floor(most) - 15) : least;
    return [bottom, to === undefined ? Math.max(bottom + 1, most + 0.15) : most];
  }

  /** From 0 at the lower end to 1 at the upper. */
  share(value) {
    return ((this.log ? Math.log10(value) : value) - this.low) / (this.high - this.low);
  }

  own(most) {
    const span = this.high - this.low, found = [];
    const step = this.log ? Math.max(1, Math.ceil(span / most)) : niceStep(span, most);
    for (let mark = Math.ceil(this.low / step - 1e-9) * step; mark <= this.high + 1e-9 * span; mark += step) {
      const value = this.log ? 10 ** mark : Math.abs(mark) < 1e-9 * span ? 0 : mark;
      const text = this.log && (mark < 0 || mark > 3) ? `10${raised(Math.round(mark))}` : plain(value, 4);
      found.push({ at: value, text });
    }
    return found;
  }
}

class Chart {
  constructor(box) {
    this.box = box;
    box.classList.add("chart");
    const make = (tag, kind, ...inside) => {
      const element = document.createElement(tag);
      element.className = kind;
      element.append(...inside);
      return element;
    };
    const button = (text, run) => Object.assign(make("button", "", text), { type: "button", onclick: () => { run(); this.menu.open = false; } });
    this.title = make("span", "chart-title");
    this.menu = make("details", "save", make("summary", "", "Save"), make("div", "",
      button("CSV", () => save(`${this.what.file}.csv`, "text/csv", this.csv())),
      button("SVG", () => save(`${this.what.file}.svg`, "image/svg+xml", this.picture().text)),
      button("PNG", () => this.png())));
    this.svg = document.createElementNS(SVG, "svg");
    this.readout = make("div", "readout");
    this.readout.hidden = true;
    this.readout.setAttribute("role", "status");
    this.field = make("div", "chart-field", this.svg, this.readout);
    box.replaceChildren(make("figcaption", "", this.title, this.menu), this.field);
    this.menu.hidden = true;
    this.listen();
    new ResizeObserver(() => this.redraw()).observe(this.field);
  }

  listen() {
    const { svg } = this;
    for (const [name, value] of Object.entries({ tabindex: 0, role: "group", "aria-roledescription": "chart; arrow keys read its values" })) svg.setAttribute(name, value);
    svg.addEventListener("pointermove", (event) => this.point(this.nearest(event)));
    svg.addEventListener("pointerdown", (event) => this.point(this.nearest(event)));
    svg.addEventListener("pointerleave", (event) => { if (event.pointerType === "mouse") this.point(null); });
    svg.addEventListener("focus", () => { if (svg.matches(":focus-visible")) this.point(this.at ?? this.closest(this.what?.here)); });
    svg.addEventListener("blur", () => this.point(null));
    svg.addEventListener("keydown", (event) => this.key(event));
    this.menu.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      this.menu.open = false;
      this.menu.firstChild.focus();
    });
    this.menu.addEventListener("focusout", (event) => { if (!this.menu.contains(event.relatedTarget)) this.menu.open = false; });
  }

  show(what) {
    const same = this.what?.title === what.title && this.places?.length;
    this.what = what;
    this.places = [...new Set(what.series.flatMap(({ points }) => points.map(({ x }) => x)))].sort((one, other) => one - other);
    if (!same || this.at >= this.places.length) this.at = null;
    this.title.textContent = what.title;
    this.svg.setAttribute("aria-label", what.title);
    this.box.hidden = this.menu.hidden = false;
    this.redraw();
  }

  clear() {
    this.what = this.at = null;
    this.svg.replaceChildren();
    this.box.hidden = this.readout.hidden = this.menu.hidden = true;
    this.title.textContent = "";
  }

  redraw() {
    if (!this.what) return;
    const { width, height } = this.field.getBoundingClientRect();
    if (width < 60 || height < 60) return;
    this.svg.replaceChildren();
    this.svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.paint(this.svg, width, height);
    if (this.at !== null) this.point(this.at);
  }

  /** Axes, series, marks and names, into an SVG of a size. */
  paint(svg, width, height) {
    const { what } = this, all = what.series.flatMap(({ points }) => points);
    const own = what.series.filter(({ look }) => look !== "bound").flatMap(({ points }) => points);
    const ranging = own.some((point) => point.y > 0) ? own : all;
    const bars = what.series.filter(({ kind }) => kind === "bar");
    const reach = bars.flatMap(({ points, width: wide = 1 }) => points.flatMap(({ x }) => [x - wide / 2, x + wide / 2]));
    const x = new Axis(what.x, [...all.map((point) => point.x), ...reach], Math.max(2, Math.floor(width / 90)));
    const y = new Axis(what.y, ranging.flatMap((point) => [point.y, point.low, point.high]), Math.max(3, Math.floor((height - 70) / 42)), 0);
    const texts = y.ticks.map(({ text }) => text.length);
    const rows = this.legendRows(svg, width, y.name);
    const below = 16 * Math.max(0, ...x.ticks.map(({ text }) => text.split("\n").length - 1)); // further lines of ticks
    const box = { below, left: 16 + 9 * Math.max(1, ...texts), right: width - 14, top: 26 + 20 * rows + (what.marks?.length ? 20 : 0), bottom: height - 46 - below };
    // Room below for the signs of points where nothing comes.
    const signs = all.some(({ sign }) => sign), floor = box.bottom - (signs ? 17 : 0);
    const across = (value) => box.left + 6 + (box.right - box.left - 12) * x.share(value);
    const up = (value) => floor - (floor - box.top) * y.share(value);
    Object.assign(this, { frame: { box, across, up, y, signs } });
    this.drawAxes(svg, x, y);
    const field = draw(svg, "g", { "clip-path": `url(#${this.clip(svg, box)})` });
    if (what.here !== undefined && what.here !== null) draw(field, "line", { class: "here-line", x1: across(what.here), x2: across(what.here), y1: box.top, y2: box.bottom });
    bars.forEach((series, place) => this.drawBars(field, series, place, bars.length));
    for (const series of what.series) if (series.kind !== "bar") this.drawLine(field, series);
    for (const series of what.series) this.drawSigns(svg, series);
    this.drawMarks(svg);
  }

  clip(svg, box) {
    const id = `inside-${this.box.id || "chart"}`;
    const rect = { x: box.left, y: box.top - 6, width: Math.max(0, box.right - box.left), height: Math.max(0, box.bottom - box.top + 6) };
    draw(draw(draw(svg, "defs", {}), "clipPath", { id }), "rect", rect);
    return id;
  }

  drawAxes(svg, x, y) {
    const { box, across, up } = this.frame;
    draw(svg, "path", { class: "axis", d: `M${box.left} ${box.top}V${box.bottom}H${box.right}` });
    let end = -Infinity;
    for (const { at, text } of x.ticks) {
      const lines = text.split("\n"), place = across(at), half = 4.5 * Math.max(...lines.map((line) => line.length));
      if (place < box.left - 1 || place > box.right + 1) continue;
      draw(svg, "line", { class: "axis", x1: place, x2: place, y1: box.bottom, y2: box.bottom + 5 });
      const middle = Math.min(Math.max(place, half), box.right + 14 - half);
      if (middle - half < end + 4) continue;
      end = middle + half;
      lines.forEach((line, row) => draw(svg, "text", { class: "tick-x", x: middle, y: box.bottom + 20 + 16 * row, "text-anchor": "middle" }, line));
    }
    for (const { at, text } of y.ticks) {
      const place = up(at);
      if (place < box.top - 2 || place > box.bottom + 1) continue;
      draw(svg, "line", { class: "axis", x1: box.left - 5, x2: box.left, y1: place, y2: place });
      draw(svg, "text", { x: box.left - 8, y: place + 5, "text-anchor": "end" }, text);
    }
    draw(svg, "text", { class: "axis-title", x: (box.left + box.right) / 2, y: box.bottom + 40 + box.below, "text-anchor": "middle" }, x.name);
    draw(svg, "text", { class: "axis-title", x: 2, y: 15 }, y.name);
  }

  /** Names of the series: beside the title of the upright axis if they fit, else below it. */
  legendRows(svg, width, name) {
    const named = this.what.series.filter((series) => series.name && (this.what.series.length > 1));
    const wide = (text) => 7.6 * text.length;
    const total = named.reduce((sum, series) => sum + wide(series.name) + 46, 0);
    let rows = total && total + wide(name) + 12 > width ? 1 : 0, left = rows ? 2 : width - total;
    for (const series of named) {
      if (left > 2 && left + wide(series.name) + 30 > width) [left, rows] = [2, rows + 1];
      const y = 10 + 20 * rows, kind = series.kind === "bar" ? "bar" : "curve";
      if (kind === "bar") draw(svg, "rect", { class: `bar ${series.look}`, x: left, y: y - 6, width: 24, height: 12 });
      else draw(svg, "path", { class: `curve ${series.look}`, d: `M${left} ${y}h26` });
      draw(svg, "text", { x: left + 31, y: y + 5 }, series.name);
      left += wide(series.name) + 46;
    }
    return rows;
  }

  drawBars(field, { points, look, width = 1, interval }, place, count) {
    const { across, up, box } = this.frame;
    for (const point of points) {
      if (!(point.y > 0)) continue;
      const share = width / count, from = across(point.x - width / 2 + place * share), to = across(point.x - width / 2 + (place + 1) * share);
      const top = up(point.y);
      draw(field, "rect", { class: `bar ${look}`, x: from, y: top, width: Math.max(1, (to - from) * 0.96), height: Math.max(0, box.bottom - top) });
      if (interval || point.low !== undefined) this.drawError(field, (from + to) / 2, point, look);
    }
  }

  drawError(field, x, { low, high }, look) {
    if (!Number.isFinite(low) && !Number.isFinite(high)) return;
    const { up, box, y } = this.frame;
    const bottom = !Number.isFinite(low) || (y.log && low <= 0) ? box.bottom : up(low), top = Number.isFinite(high) ? up(high) : box.top;
    draw(field, "path", { class: `error ${look}`, d: `M${x} ${bottom}V${top}M${x - 4} ${bottom}h8M${x - 4} ${top}h8` });
  }

  drawLine(field, { points, kind, look, interval }) {
    const { across, up, y } = this.frame;
    const drawn = (value) => Number.isFinite(value) && (!y.log || value > 0) && value !== null;
    const runs = [[]];
    for (const point of [...points].sort((one, other) => one.x - other.x)) {
      if (drawn(point.y) && !point.sign) runs.at(-1).push(point);
      else if (runs.at(-1).length) runs.push([]);
    }
    const line = (run, of) => run.map((point, k) => {
      const to = `${across(point.x).toFixed(1)} ${up(of(point)).toFixed(1)}`;
      return k ? (kind === "step" ? `H${across(point.x).toFixed(1)}L${to}` : `L${to}`) : `M${to}`;
    }).join("");
    if (interval === "band") for (const run of runs) {
      const inside = run.filter(({ low, high }) => drawn(low) && drawn(high));
      if (inside.length > 1) draw(field, "path", { class: `band ${look}`, d: `${line(inside, (p) => p.high)}${line([...inside].reverse(), (p) => p.low).replace("M", "L")}Z` });
    }
    const d = runs.map((run) => line(run, (point) => point.y)).join("");
    if (d) draw(field, "path", { class: `curve ${look}`, d });
    for (const point of runs.flat()) {
      if (interval === "bars") this.drawError(field, across(point.x), point, look);
      if (look !== "bound" && kind !== "step") draw(field, "circle", { class: `dot ${look}`, cx: across(point.x), cy: up(point.y), r: point.x === this.what.here ? 6 : 3.5 });
    }
  }

  drawSigns(svg, { points, look }) {
    const { across, box } = this.frame;
    for (const { x, sign } of points) if (sign) draw(svg, "text", { class: `sign ${look}`, x: across(x), y: box.bottom - 3, "text-anchor": "middle" }, sign);
  }

  /** Uprights with names; of two that would meet, the second stands below the first. */
  drawMarks(svg) {
    const { across, box } = this.frame;
    let end = -Infinity;
    for (const { x, text } of this.what.marks ?? []) {
      const place = across(x), wide = 8 * text.length;
      if (place > box.right) continue;
      draw(svg, "line", { class: "mark", x1: place, x2: place, y1: box.top - 4, y2: box.bottom });
      const before = place + wide > box.right, left = before ? place - 4 - wide : place + 4;
      const meets = left < end;
      draw(svg, "text", { x: before ? place - 4 : place + 4, y: meets ? box.top + 14 : box.top - 7, "text-anchor": before ? "end" : "start" }, text);
      end = left + wide;
    }
  }

  // Values read off.

  nearest(event) {
    if (!this.frame || !this.places?.length) return null;
    const { left, width } = this.svg.getBoundingClientRect();
    const x = event.clientX - left, far = this.places.map((place) => Math.abs(this.frame.across(place) - x));
    return width ? far.indexOf(Math.min(...far)) : null;
  }

  closest(x) {
    if (!this.places?.length) return null;
    const far = this.places.map((place) => Math.abs(place - (x ?? this.places[0])));
    return far.indexOf(Math.min(...far));
  }

  key(event) {
    const last = (this.places?.length ?? 0) - 1, now = this.at ?? -1;
    const next = { ArrowLeft: Math.max(0, now - 1), ArrowRight: Math.min(last, now + 1), Home: 0, End: last }[event.key];
    if (event.key === "Escape") this.point(null);
    if (next === undefined || last < 0) return;
    event.preventDefault();
    this.point(next);
  }

  /** Show the values at a place, or none. */
  point(place) {
    this.svg.querySelector(".focus")?.remove();
    this.at = place;
    this.readout.hidden = place === null || !this.what;
    if (this.readout.hidden) return;
    const x = this.places[place], { across, up, box, y } = this.frame, left = across(x);
    const group = draw(this.svg, "g", { class: "focus" });
    draw(group, "line", { class: "focus-line", x1: left, x2: left, y1: box.top, y2: box.bottom });
    const line = (kind, text) => Object.assign(document.createElement("div"), { className: kind, textContent: text });
    const lines = [line("readout-x", this.what.x.write ? this.what.x.write(x) : `${this.what.x.title} ${plain(x, 4)} ${this.what.x.unit ?? ""}`)];
    for (const series of this.what.series) {
      const point = series.points.find((each) => each.x === x);
      if (!point) continue;
      lines.push(line(`of-${series.look}`, `${series.name ? `${series.name}: ` : ""}${this.reads(point)}`));
      if (Number.isFinite(point.y) && (!y.log || point.y > 0) && !point.sign) draw(group, "circle", { class: `ring ${series.look}`, cx: left, cy: Math.min(Math.max(up(point.y), box.top), box.bottom), r: 6 });
    }
    this.readout.replaceChildren(...lines);
    const wide = this.readout.offsetWidth, room = this.field.clientWidth;
    this.readout.style.left = `${left + 12 + wide > room ? Math.max(0, left - 12 - wide) : left + 12}px`;
    // Above the lines, so that it hides none of them.
    this.readout.style.top = `${Math.max(-32, box.top - 6 - this.readout.offsetHeight)}px`;
  }

  reads({ y, low, high, note }) {
    const write = this.what.y.write ?? ((value) => `${digits(value)} ${this.what.y.unit ?? ""}`.trim());
    if (y === null || y === undefined) return note ?? "not known";
    const interval = Number.isFinite(low) && Number.isFinite(high) && high > low ? ` (${write(low)} to ${write(high)})` : "";
    return `${write(y)}${interval}${note ? `, ${note}` : ""}`;
  }

  // Saved files.

  csv() {
    const { what } = this, written = (value) => (typeof value === "number" ? Number(value.toPrecision(12)) : value);
    const quote = (text) => (/[",\n]/.test(text) ? `"${String(text).replaceAll('"', '""')}"` : String(text));
    const of = (axis) => (axis.unit ? `${axis.title} (${axis.unit})` : axis.title);
    const has = (series, name) => series.points.some((point) => point[name] !== undefined && point[name] !== null);
    const columns = what.series.flatMap((series) => ["y", "low", "high", "note"].filter((name) => name === "y" || has(series, name)).map((name) => {
      const head = series.name ? `${series.name}: ${of(what.y)}` : of(what.y);
      return { series, name, head: name === "y" ? head : `${head}, ${name}` };
    }));
    const lines = [[of(what.x), ...columns.map(({ head }) => head)]];
    for (const x of this.places) {
      const found = new Map(what.series.map((series) => [series, series.points.find((point) => point.x === x)]));
      const value = [...found.values()].find(Boolean).value ?? x;
      lines.push([value, ...columns.map(({ series, name }) => found.get(series)?.[name] ?? "")].map(written));
    }
    const remarks = [what.title, what.setting].filter(Boolean).map((text) => `# ${text}`);
    return [...remarks, ...lines.map((line) => line.map(quote).join(","))].join("\n") + "\n";
  }

  /** A text in lines of at most so many letters, broken between words. */
  static lines(text, most) {
    const found = [];
    for (const word of text.split(" ").filter(Boolean)) {
      if (found.length && found.at(-1).length + word.length < most) found.push(`${found.pop()} ${word}`);
      else found.push(word);
    }
    return found;
  }

  /** The chart with its title and setting as an SVG that needs no style sheet. */
  picture() {
    const width = 720, height = 440, lines = Chart.lines(this.what.setting ?? "", 88), above = 30 + 20 * lines.length, kept = this.frame;
    const svg = draw(this.field, "svg", { xmlns: SVG, width, height: height + above, class: "saved" });
    draw(svg, "rect", { width, height: height + above, fill: "#fff" });
    draw(svg, "text", { class: "picture-title", x: 4, y: 20 }, this.what.title);
    lines.forEach((text, k) => draw(svg, "text", { x: 4, y: 41 + 20 * k }, text));
    this.paint(draw(svg, "g", { transform: `translate(0 ${above})` }), width, height);
    this.frame = kept;
    const names = ["fill", "stroke", "stroke-width", "stroke-dasharray", "opacity", "font-size", "font-family", "font-weight"];
    for (const element of svg.querySelectorAll("path, line, rect, circle, text")) {
      const style = getComputedStyle(element);
      for (const name of names) if (!element.hasAttribute(name)) element.setAttribute(name, style.getPropertyValue(name));
      element.removeAttribute("class");
    }
    svg.removeAttribute("class");
    svg.remove();
    return { text: new XMLSerializer().serializeToString(svg), width, height: height + above };
  }

  png() {
    const { text, width, height } = this.picture(), { file } = this.what, image = new Image();
    image.onload = () => {
      const canvas = Object.assign(document.createElement("canvas"), { width: 2 * width, height: 2 * height });
      canvas.getContext("2d").drawImage(image, 0, 0, 2 * width, 2 * height);
      canvas.toBlob((blob) => save(`${file}.png`, "image/png", blob));
    };
    image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
  }
}
