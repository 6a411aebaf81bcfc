"use strict";
// What every page of qnet explore uses.
//
//   at(id)                    the element of that name
//   sentence(text)            with a capital letter and a full stop
//   copy(text, what)          to the clipboard; the header says so

const at = (id) => document.getElementById(id);
const sentence = (text) => (text ? `${text[0].toUpperCase()}${text.slice(1).replace(/\.$/, "")}.` : "");

async function copy(text, what) {
  let done = true;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = Object.assign(document.createElement("textarea"), { value: text });
    document.body.append(area);
    area.select();
    done = document.execCommand("copy");
    area.remove();
  }
  at("said").textContent = done ? `${what} copied` : "the browser does not let this page copy";
  setTimeout(() => { at("said").textContent = ""; }, 3000);
}
