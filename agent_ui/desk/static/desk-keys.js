// The desk by keyboard: a key presses the button that shows it (`data-desk-key`), in the card where one works.
import { keys } from "../../static/keys/index.js";
import { phone } from "../../static/phone/index.js";

const FIRST = "input:not([type=hidden], [type=radio]), select, textarea";

// The card with the cursor, else the call that goes on, else the first one that is open.
function card() {
  return document.activeElement?.closest(".work")
    ?? document.querySelector(".work-talking[open]") ?? document.querySelector(".work[open]") ?? document;
}

function button(code) {
  const name = `[data-desk-key="${code}"]:not(:disabled)`;
  const shown = (root) => [...root.querySelectorAll(name)].find((one) => one.checkVisibility());
  return shown(card()) ?? shown(document);
}

// A report has several ends, each with a key of its own. Browsers press a form's first button for Enter in a choice or a
// tick too, even where the first one is disabled.
keys.on("draftEnter", (event) => Boolean(event.target.matches?.("form[data-draft] :is(input, select)")));
keys.on("draftSend", (event) => {
  const form = event.target.closest?.("form[data-draft]");
  if (!form) return false;
  // What is being chosen from a list is taken first.
  event.target.blur();
  form.requestSubmit(form.querySelector("[data-file]"));
});
keys.on("desk", (event) => {
  const found = button(event.code);
  if (!found) return false;
  found.click();
  const opened = found.matches("summary") && found.parentElement;
  if (opened?.open) opened.querySelector(FIRST)?.focus();
});

// The address names a card: it is opened, and the cursor stands where one begins to type. `#open-KEY` is no element's id:
// for one that is there the browser itself would take the focus away once the page has loaded.
function goTo() {
  if (location.hash === "#closing") return document.getElementById("closing")?.focus({ preventScroll: true });
  const [, key] = /^#open-([\w-]+)$/.exec(location.hash) ?? [];
  const named = key && document.getElementById(`work-${key}`);
  if (!named) return;
  named.open = true;
  named.scrollIntoView({ block: "nearest" });
  named.querySelector("form[data-draft] .field-description textarea")?.focus({ preventScroll: true });
}
// A talk has begun: unless somebody is typing, the cursor stands where one begins.
function begin(calls) {
  for (const call of calls) {
    const talk = document.querySelector(`.work-talking[data-call="${Number(call)}"]`);
    const typing = document.activeElement?.closest("form, dialog[open]")
      ?? document.querySelector("details.emergency-menu[open]");
    if (!typing) talk?.querySelector(".field-description textarea")?.focus({ preventScroll: true });
  }
}
begin(phone.state.talking);
phone.subscribe((_state, begun) => begin(begun.talking));

goTo();
window.addEventListener("hashchange", goTo);
