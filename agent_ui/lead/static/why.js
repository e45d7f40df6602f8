// The small "?" beside a figure: shown by CSS on hover and focus; here a press keeps it open and Escape closes it.
// A figure that is read again stands as the one before it stood.
import { keys } from "../../static/keys/index.js";

const open = () => document.querySelectorAll(".why.is-open, .why:hover:not(.is-shut), .why:focus-within:not(.is-shut)");
const STATES = ["is-open", "is-shut"];
const named = (why) => why.querySelector(".why-words").id;
document.addEventListener("click", (event) => {
  const mark = event.target.closest?.(".why-mark");
  for (const why of document.querySelectorAll(".why.is-open")) {
    if (why !== mark?.parentElement) why.classList.remove("is-open");
  }
  if (mark) {
    mark.parentElement.classList.remove("is-shut");
    mark.parentElement.classList.toggle("is-open");
  }
});
keys.layer("why", () => open()[0], () => {
  for (const why of open()) {
    why.classList.remove("is-open");
    why.classList.add("is-shut");
  }
});
let before = [];
document.addEventListener("htmx:before:swap", () => {
  before = STATES.map((state) => [...document.querySelectorAll(`.why.${state}`)].map(named));
});
document.addEventListener("htmx:after:swap", () => {
  before.forEach((names, at) => names.forEach((name) => {
    document.getElementById(name)?.closest(".why").classList.add(STATES[at]);
  }));
});
for (const leaving of ["focusout", "pointerout"]) {
  document.addEventListener(leaving, (event) => {
    const why = event.target.closest?.(".why");
    if (why && !why.contains(event.relatedTarget)) why.classList.remove("is-shut");
  });
}
