// A refused form: the first wrong field has the focus and its words; one that is changed is wrong no longer.

const CONTROLS = "input:not([type=hidden]), select, textarea";
// The words about a field, by the control that people use for it.
const wrong = new Map();
const boxOf = (words) => words.closest(".field, [data-upload]") ?? words.parentElement;
const seen = (controls) => [...controls].find((control) => control.checkVisibility());

function mark(words, place) {
  for (let part = words.closest("details"); part; part = part.parentElement.closest("details")) part.open = true;
  const box = boxOf(words);
  const control = seen(box.querySelectorAll(".is-invalid")) ?? seen(box.querySelectorAll(CONTROLS));
  if (!control) return;
  words.id ||= `wrong-${place}`;
  control.setAttribute("aria-invalid", "true");
  control.setAttribute("aria-describedby", words.id);
  wrong.set(control, words);
}

function forget({ target }) {
  for (const [control, words] of wrong) {
    if (control !== target && !words.closest(".field, [data-upload]")?.contains(target)) continue;
    wrong.delete(control);
    words.remove();
    control.classList.remove("is-invalid");
    control.removeAttribute("aria-invalid");
    control.removeAttribute("aria-describedby");
  }
}

// After all scripts: boxes that people type in may stand in front of a field only then.
document.addEventListener("DOMContentLoaded", () => {
  for (const [place, words] of document.querySelectorAll("main .invalid-feedback").entries()) mark(words, place);
  wrong.keys().next().value?.focus();
});
document.addEventListener("input", forget);
document.addEventListener("change", forget);
