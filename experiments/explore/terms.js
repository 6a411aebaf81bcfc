"use strict";
// A term of the field is a button that opens its entry of the glossary.
//
// In HTML:        <button type="button" class="term" data-term="QBER">QBER in X</button>
// In JavaScript:  term("QBER", "QBER in X") returns such a button; the text is the term if left out.
// A term must stand in docs/glossary.md; `python -m tests.terms` then writes terms.json anew from
// every data-term="..." and term("...") of the pages.
//
// The entry is a native popover: Escape or a click elsewhere closes it, and the focus goes back.

let entries = null;

function term(name, text = name) {
  const button = Object.assign(document.createElement("button"), { type: "button", className: "term", textContent: text });
  button.dataset.term = name;
  return button;
}

/** The one popover of the page. */
function entryBox() {
  const found = document.getElementById("entry");
  if (found) return found;
  const box = Object.assign(document.createElement("div"), { id: "entry", tabIndex: -1 });
  box.popover = "auto";
  box.setAttribute("role", "dialog");
  box.append(document.createElement("b"), document.createElement("p"));
  document.body.append(box);
  return box;
}

/** Below the button where there is room, else above; inside the window. */
function place(box, button) {
  const { left, top, bottom } = button.getBoundingClientRect();
  const { offsetWidth, offsetHeight } = box;
  box.style.left = `${Math.max(8, Math.min(left, document.documentElement.clientWidth - offsetWidth - 8))}px`;
  box.style.top = `${bottom + 6 + offsetHeight > window.innerHeight ? Math.max(8, top - offsetHeight - 6) : bottom + 6}px`;
}

async function explain(button) {
  entries ??= await ask("terms");
  const name = button.dataset.term, box = entryBox();
  box.setAttribute("aria-label", name);
  box.firstChild.textContent = name;
  box.lastChild.textContent = entries?.[name] ?? entries?.error ?? "";
  if (entries?.error || !entries) entries = null;
  if (!box.matches(":popover-open")) box.showPopover({ source: button });
  place(box, button);
  box.focus();
}

document.addEventListener("click", (event) => {
  const button = event.target.closest?.(".term");
  if (!button) return;
  event.preventDefault();
  explain(button);
});
