"use strict";
// What the pages of BB84 and of a network share: a panel of controls whose setting is the address.
//
//   interval(x, write)        "[low, high]" of { low, best, high }; empty where both are written alike
//   new Panel({ fields, show, follow })
//     fields                  names of the controls, in the order of the query
//     show(setting, signal)   fetches and shows the numbers; false if there are none
//     follow(setting, signal) fetches and draws what goes with them
//   panel.start(choices)      { start: field -> text, scales: field -> numbers of its slider }
//   panel.change({ field: text or number }), panel.query(more), panel.state: field -> text
//
// data-state of the body: working (the numbers are coming), drawing (what goes with them), idle.

function interval(value, write) {
  if (!value) return "";
  const [low, high] = [value.low, value.high].map((end) => (end === null ? "∞" : write(end)));
  return low === high ? "" : `[${low}, ${high}]`;
}

/** An element with its text or children. */
function make(tag, properties = {}, ...inside) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...inside);
  return element;
}

class Panel {
  constructor({ fields, words = {}, show, follow }) {
    Object.assign(this, { fields, words, show, follow, state: {}, dirty: false, running: false });
    this.background = new AbortController();
  }

  query(more = {}) {
    return new URLSearchParams({ ...Object.fromEntries(this.fields.map((name) => [name, this.state[name]])), ...more }).toString();
  }

  /** The place on its slider that is nearest to a number. */
  position(name, text) {
    const far = this.scales[name].map((each) => Math.abs(each - Number(text)));
    return far.indexOf(Math.min(...far));
  }

  start({ start, scales = {} }) {
    this.first = start;
    this.scales = scales;
    for (const name of Object.keys(scales)) {
      const slider = at(name);
      Object.assign(slider, { min: 0, max: scales[name].length - 1, step: 1 });
      slider.addEventListener("input", () => this.change({ [name]: scales[name][Number(slider.value)] }));
    }
    for (const name of this.fields) {
      if (at(name)?.tagName === "SELECT") at(name).addEventListener("change", () => this.change({ [name]: at(name).value }));
    }
    at("controls").addEventListener("submit", (event) => event.preventDefault());
    at("copy-link").addEventListener("click", () => copy(location.href, "link"));
    window.addEventListener("hashchange", () => this.change(this.fromAddress()));
    this.change(this.fromAddress());
  }

  /** The setting of the address; what it lacks is as at the start. */
  fromAddress() {
    const texts = new URLSearchParams(location.hash.slice(1));
    return Object.fromEntries(this.fields.map((name) => [name, texts.get(name) ?? this.first[name]]));
  }

  change(changes) {
    for (const [name, value] of Object.entries(changes)) this.state[name] = String(value);
    this.showControls();
    this.background.abort();
    this.dirty = true;
    this.pump();
  }

  showControls() {
    for (const name of this.fields) {
      const control = at(name);
      if (!control) continue;
      if (control.tagName === "SELECT") {
        control.value = this.state[name];
        continue;
      }
      const text = this.words[name]?.(Number(this.state[name])) ?? this.state[name];
      control.value = this.position(name, this.state[name]);
      control.setAttribute("aria-valuetext", text);
      at(`${name}-is`).textContent = text;
    }
    this.onControls?.();
    history.replaceState(null, "", `#${this.query()}`);
  }

  async pump() {
    if (this.running) return;
    this.running = true;
    document.body.dataset.state = "working";
    let found = false;
    while (this.dirty) {
      this.dirty = false;
      found = await this.show({ ...this.state });
    }
    this.running = false;
    await this.goOn(found);
  }

  /** Draw again what goes with the numbers shown. */
  async goOn(found = true) {
    this.background.abort();
    this.background = new AbortController();
    document.body.dataset.state = "drawing";
    const { signal } = this.background;
    if (found) await this.follow({ ...this.state }, signal);
    if (!signal.aborted) document.body.dataset.state = "idle";
  }
}

/** A table as comma-separated values. */
function csv(rows) {
  const cell = (value) => (/[",\n]/.test(String(value ?? "")) ? `"${String(value).replaceAll('"', '""')}"` : String(value ?? ""));
  return rows.map((row) => row.map(cell).join(",")).join("\n") + "\n";
}
