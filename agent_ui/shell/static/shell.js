// The frame of every page: menus that close, the way back, and the mark that says how fresh the page is.
import "../../static/refused.js";
import { keys } from "../../static/keys/index.js";

const menus = () => document.querySelectorAll("details.menu[open]");
document.addEventListener("click", (event) => {
  for (const menu of menus()) if (!menu.contains(event.target)) menu.open = false;
});
keys.layer("menu", () => menus()[0], () => {
  for (const menu of menus()) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

for (const back of document.querySelectorAll("[data-back]")) {
  back.hidden = history.length < 2;
  back.addEventListener("click", () => history.back());
}

const marks = document.querySelectorAll("[data-live-mark]");
const down = document.getElementById("live-down");
let since = new Date();
let state = "";

function show() {
  const lost = down && !down.hidden;
  const next = lost ? "lost" : document.body.dataset.liveReady ? "live" : "wait";
  if (next === state) return;
  since = new Date();
  state = next;
  const at = since.toLocaleTimeString("vi-VN", { hour: "2-digit", minute: "2-digit" });
  for (const mark of marks) {
    mark.dataset.state = state;
    mark.title = mark.dataset[`title${state}`].replace("{at}", at);
    mark.querySelector(".live-words").textContent = mark.dataset[`words${state}`].replace("{at}", at);
  }
}

if (marks.length && document.body.dataset.live) {
  show();
  const watch = new MutationObserver(show);
  watch.observe(document.body, { attributeFilter: ["data-live-ready"] });
  if (down) watch.observe(down, { attributeFilter: ["hidden"] });
}
