// The command palette: Ctrl K opens it over any page, even while typing; Escape gives the page back as it was.
import { keys } from "../../static/keys/index.js";

function begin() {
  const dialog = document.getElementById("palette");
  if (!dialog) return;
  const input = dialog.querySelector("input");
  const list = document.getElementById("palette-list");
  const status = document.getElementById("palette-status");
  let asked = 0;
  let wait;
  let number = 0;

  const items = () => [...list.querySelectorAll(".palette-item")];

  function mark(item) {
    for (const one of items()) one.setAttribute("aria-selected", String(one === item));
    if (!item) return input.removeAttribute("aria-activedescendant");
    item.id ||= `palette-item-${++number}`;
    input.setAttribute("aria-activedescendant", item.id);
    item.scrollIntoView({ block: "nearest" });
  }

  function step(by) {
    const all = items();
    const at = all.findIndex((one) => one.getAttribute("aria-selected") === "true");
    mark(all[(at + by + all.length) % all.length]);
  }

  // What this page has no button for cannot be done from here.
  function leaveOut() {
    for (const one of list.querySelectorAll("[data-press]")) {
      if (!document.getElementById(one.dataset.press)) one.remove();
    }
    const deeds = list.querySelector("[data-deeds]");
    if (deeds && !list.querySelector("[data-press]")) deeds.remove();
  }

  async function ask() {
    const turn = ++asked;
    try {
      const answer = await fetch(`${dialog.dataset.url}?q=${encodeURIComponent(input.value)}`, {
        headers: { "HX-Request": "true" },
      });
      if (answer.status === 401) return location.reload();
      if (turn !== asked) return;
      if (!answer.ok) throw new Error(String(answer.status));
      list.innerHTML = await answer.text();
      leaveOut();
      mark(items()[0]);
      status.textContent = dialog.dataset.wordsFound.replace("{count}", items().length);
    } catch {
      if (turn !== asked) return;
      list.replaceChildren(Object.assign(document.createElement("p"), {
        className: "palette-none", textContent: dialog.dataset.wordsFailed,
      }));
      mark(null);
    }
  }

  function open() {
    if (dialog.open) return dialog.close();
    // Another dialog on top would take the keys away from it.
    if (document.querySelector("dialog[open]:modal")) return;
    input.value = "";
    list.replaceChildren();
    dialog.showModal();
    ask();
  }

  function choose(item, elsewhere) {
    if (!item) return;
    dialog.close();
    if (item.dataset.press) document.getElementById(item.dataset.press)?.click();
    else if (elsewhere) window.open(item.href, "_blank", "noopener");
    else location.assign(item.href);
  }

  keys.on("palette", () => open(), { repeats: true, composing: true });
  for (const button of document.querySelectorAll("[data-palette]")) button.addEventListener("click", open);
  input.addEventListener("input", () => {
    clearTimeout(wait);
    wait = setTimeout(ask, 80);
  });
  const here = (event) => event.target === input;
  const chosen = () => list.querySelector('[aria-selected="true"]');
  keys.on("paletteMove", (event, key) => here(event) && step(key === "ArrowDown" ? 1 : -1), { repeats: true });
  keys.on("paletteOpen", (event) => here(event) && choose(chosen(), false), { repeats: true });
  keys.on("paletteOpenElsewhere", (event) => here(event) && choose(chosen(), true), { repeats: true });
  list.addEventListener("mousemove", (event) => {
    const item = event.target.closest(".palette-item");
    if (item && item.getAttribute("aria-selected") !== "true") mark(item);
  });
  list.addEventListener("click", (event) => {
    const item = event.target.closest(".palette-item");
    if (!item || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    choose(item, false);
  });
  // A click beside the box.
  dialog.addEventListener("mousedown", (event) => { if (event.target === dialog) dialog.close(); });
}

begin();
