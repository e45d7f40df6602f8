// Type-to-find boxes: a select whose options are found without accents, and a text box that asks the server.
import { keys } from "../../static/keys/index.js";
import { findable, fold, has } from "../../static/texts.js";

let number = 0;
// What the keys do in each box.
const boxes = new WeakMap();
const at = (event) => boxes.get(event.target);
keys.layer("list", () => [boxes.get(document.activeElement)].find((box) => box?.shown()), (box, event) => {
  // Nothing around the list is closed with it.
  event.preventDefault();
  box.close();
});
const often = { repeats: true, composing: true };
keys.on("listMove", (event, key) => Boolean(at(event)) && at(event).move(key === "ArrowDown" ? 1 : -1), often);
keys.on("listTake", (event) => at(event)?.take() ?? false, often);
keys.on("listTakeAndSend", (event) => {
  at(event)?.take();
  return false;
}, often);
keys.on("listTakeAndGoOn", (event) => {
  at(event)?.goOn();
  return false;
}, often);

function box(input) {
  const list = document.createElement("div");
  list.className = "choices";
  list.id = `choices-${++number}`;
  list.setAttribute("role", "listbox");
  // A list that scrolls would be a stop for Tab, and be hidden under it.
  list.tabIndex = -1;
  list.hidden = true;
  input.after(list);
  input.setAttribute("role", "combobox");
  input.setAttribute("aria-autocomplete", "list");
  input.setAttribute("aria-controls", list.id);
  input.setAttribute("aria-expanded", "false");
  input.setAttribute("autocomplete", "off");
  return list;
}

function open(input, list, yes) {
  list.hidden = !yes;
  input.setAttribute("aria-expanded", String(yes));
  if (!yes) input.removeAttribute("aria-activedescendant");
}

function mark(input, list, step) {
  const all = [...list.querySelectorAll(".choice:not([hidden])")];
  if (!all.length) return;
  const at = all.findIndex((one) => one.classList.contains("is-active"));
  all[at]?.classList.remove("is-active");
  const next = all[(at + step + all.length) % all.length];
  next.classList.add("is-active");
  next.id ||= `choice-${++number}`;
  input.setAttribute("aria-activedescendant", next.id);
  next.scrollIntoView({ block: "nearest" });
}

function listen(input, list, choose, leave) {
  const shown = () => !list.hidden;
  const first = () => list.querySelector(".choice.is-active") ?? list.querySelector(".choice:not([hidden])");
  boxes.set(input, {
    shown,
    close: () => open(input, list, false),
    move(by) {
      if (!shown()) open(input, list, true);
      mark(input, list, by);
    },
    take() {
      const found = shown() && first();
      if (found) choose(found);
      return Boolean(found);
    },
    // Going on takes what was found; a place that was split is for a person to choose.
    goOn() {
      const found = shown() && input.dataset.typed && first();
      if (found && !found.dataset.partial) choose(found);
    },
  });
  input.addEventListener("input", () => { input.dataset.typed = "1"; });
  input.addEventListener("focus", () => { delete input.dataset.typed; });
  list.addEventListener("mousedown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => {
    const one = event.target.closest(".choice");
    if (one) choose(one);
  });
  input.addEventListener("blur", () => {
    open(input, list, false);
    leave();
  });
}

const tellChange = (element) => element.dispatchEvent(new Event("change", { bubbles: true }));

// The select stays the form's field; a text box in front of it finds its options.
function fromSelect(select) {
  const input = document.createElement("input");
  input.type = "text";
  input.className = select.className.replace("form-select", "form-control");
  input.placeholder = select.dataset.placeholder ?? "";
  input.id = select.id;
  select.removeAttribute("id");
  select.before(input);
  const list = box(input);
  // Whoever came here before this script goes on in the box.
  const here = document.activeElement === select;
  select.hidden = true;
  for (const option of select.options) {
    if (!option.value) continue;
    const one = document.createElement("button");
    one.type = "button";
    one.className = "choice";
    one.tabIndex = -1;
    one.setAttribute("role", "option");
    one.textContent = option.text;
    one.dataset.value = option.value;
    one.dataset.name = findable(option.text);
    one.dataset.folded = findable(option.text, option.dataset.also?.split("; "));
    list.append(one);
  }
  const none = document.createElement("div");
  none.className = "choice-none";
  none.textContent = select.dataset.none ?? "";
  none.hidden = true;
  const choices = [...list.children];
  list.append(none);
  const show = () => { input.value = select.selectedOptions[0]?.text ?? ""; };
  const filter = () => {
    // By its name before by another word for it.
    const named = choices.filter((one) => has(one.dataset.name, input.value));
    const found = new Set([...named, ...choices.filter((one) => has(one.dataset.folded, input.value))]);
    for (const one of choices) {
      one.hidden = !found.has(one);
      one.classList.remove("is-active");
    }
    list.append(...found, none);
    none.hidden = found.size > 0;
    open(input, list, true);
  };
  const choose = (one) => {
    select.value = one.dataset.value;
    show();
    open(input, list, false);
    tellChange(select);
  };
  show();
  select.addEventListener("combo-show", show);
  input.addEventListener("input", filter);
  input.addEventListener("focus", () => {
    input.select();
    for (const one of choices) one.hidden = false;
    list.append(...choices, none);
    none.hidden = true;
    open(input, list, true);
  });
  listen(input, list, choose, () => {
    const left = [...list.querySelectorAll(".choice:not([hidden])")];
    if (!input.value.trim()) {
      if (!select.value) return;
      select.value = "";
      tellChange(select);
    } else if (input.value !== select.selectedOptions[0]?.text && left.length === 1) {
      choose(left[0]);
    } else {
      show();
    }
  });
  if (here) input.focus();
}

// The hidden field before the box holds the code; text that was not chosen from the list has none.
function fromServer(input) {
  const hidden = input.previousElementSibling;
  const list = box(input);
  let asked = 0;
  let label = input.value;
  input.addEventListener("combo-show", () => { label = input.value; });
  const choose = (one) => {
    hidden.value = one.dataset.value;
    label = input.value = one.dataset.label;
    open(input, list, false);
    tellChange(hidden);
  };
  let wait;
  async function ask() {
    const turn = ++asked;
    if (!input.value.trim()) return open(input, list, false);
    try {
      const url = `${input.dataset.url}?q=${encodeURIComponent(input.value)}`;
      const answer = await fetch(url, { headers: { "HX-Request": "true" } });
      if (turn !== asked || !answer.ok) return;
      list.innerHTML = await answer.text();
      for (const one of list.querySelectorAll(".choice")) one.tabIndex = -1;
      open(input, list, document.activeElement === input);
    } catch { /* the next letter asks again */ }
  }
  // Whoever goes on faster than the server answers gets what they named, where it is one place.
  async function settle(typed) {
    await ask();
    const found = list.querySelector(".choice");
    const named = found && fold(found.dataset.label).endsWith(fold(typed));
    if (found && named && !found.dataset.partial) choose(found);
    else if (input.value === typed) input.value = label;
  }
  input.addEventListener("input", () => {
    clearTimeout(wait);
    wait = setTimeout(ask, 120);
  });
  listen(input, list, choose, () => {
    clearTimeout(wait);
    if (input.value.trim() && input.value !== label) {
      settle(input.value);
    } else if (input.value.trim()) {
      input.value = label;
    } else if (hidden.value) {
      hidden.value = "";
      label = "";
      tellChange(hidden);
    }
  });
  // Typed before this script was there.
  if (document.activeElement === input && input.value !== input.defaultValue) {
    label = input.defaultValue;
    input.dataset.typed = "1";
    ask();
  }
}

function dress(root) {
  for (const element of root.querySelectorAll?.("[data-combo]:not([data-dressed])") ?? []) {
    element.dataset.dressed = "1";
    (element.dataset.combo === "list" ? fromSelect : fromServer)(element);
  }
}

dress(document);
document.addEventListener("htmx:after:swap", () => dress(document));
