// Several forms end one thing (`data-endings`: what to say): what was typed for one of them is not lost by another, which
// is not sent then. A `data-ending` is an end of its own inside a form; a draft's other fields save themselves.

const TEXT = "textarea, input:not([type]), input[type=text], input[type=file]";
const endOf = (element) => element.closest("[data-ending]") ?? element.form;

function isUnsent(field) {
  if (field.type === "file") return field.files.length > 0;
  return field.value.trim() !== "" && (field.value !== field.defaultValue || "unsent" in field.dataset);
}

function left(thing, form, chosen) {
  return [...thing.querySelectorAll(TEXT)].find((field) => {
    if (!field.form || endOf(field) === chosen || field.matches("[data-candidates]")) return false;
    if (field.form.dataset.draft && (field.form !== form || !field.closest("[data-ending]"))) return false;
    return isUnsent(field);
  });
}

function tell(thing, field) {
  for (let part = field.closest("details"); part && part !== thing; part = part.parentElement.closest("details")) {
    part.open = true;
  }
  const note = document.createElement("div");
  note.className = "alert alert-warning mb-2 ending-left";
  note.setAttribute("role", "alert");
  note.textContent = thing.dataset.endings;
  (field.closest(".input-group, [data-upload]") ?? field).before(note);
  field.focus({ preventScroll: true });
  // The words stand above the field: both are seen, below what stays at the top of the window.
  note.scrollIntoView({ block: "nearest" });
}

// Before all others, which would send it, keep it, or take its button away.
document.addEventListener("submit", (event) => {
  const form = event.target.closest("form[data-draft], form[data-flush], form[data-once]");
  const thing = form?.closest("[data-endings]");
  if (!thing) return;
  for (const old of thing.querySelectorAll(".ending-left")) old.remove();
  const field = left(thing, form, event.submitter ? endOf(event.submitter) : form);
  if (!field) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  tell(thing, field);
}, true);
