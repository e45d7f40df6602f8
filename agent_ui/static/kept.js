// What was typed into a form that could not be sent, or was left for another page, comes back when its page is opened
// again in the same tab by the same person.
// Passwords, files and hidden fields are never kept; the drafts of calls keep their own (draft.js).

const KEY = "hotline-kept";
// By the path of the page that was left.
const LEFT = "hotline-left";
const MOST_LEFT = 20;
// The address of the live connection differs by person; the citizens' site has none.
const owner = document.body.dataset.live ?? "";
const notice = document.getElementById("notice");
const path = (url) => new URL(url, location.href).pathname;

function fieldsOf(form) {
  return [...form.elements].filter((field) => field.name && field.matches(
    "textarea, select, input:not([type=hidden], [type=password], [type=file], [type=submit], [type=button])",
  ));
}

function read(key = KEY) {
  try {
    return JSON.parse(sessionStorage.getItem(key));
  } catch {
    return null;
  }
}

function write(kept, key = KEY) {
  try {
    if (kept) sessionStorage.setItem(key, JSON.stringify(kept));
    else sessionStorage.removeItem(key);
  } catch {
    // A browser that keeps nothing: the page works without.
  }
}

const SENTENCE = "textarea, input:not([type=radio], [type=checkbox])";
const isChanged = (field) => field.matches(SENTENCE) && field.value && field.value !== field.defaultValue;
// Sent, or sent by htmx without leaving the page: nothing is left of it.
let sent = null;

function leave() {
  const form = [...document.forms].find((one) => one !== sent && one.method === "post" && !one.dataset.draft
    && !one.hasAttribute("hx-post") && !one.querySelector("[type=password]") && fieldsOf(one).some(isChanged));
  if (!form) return;
  const values = fieldsOf(form).map((field) => [field.name, field.value, field.checked === true]);
  const { [location.pathname]: _old, ...others } = read(LEFT) ?? {};
  const kept = { action: path(form.action), page: location.pathname, values, failed: true, owner };
  write(Object.fromEntries([...Object.entries(others).slice(1 - MOST_LEFT), [location.pathname, kept]]), LEFT);
}

function comeBack() {
  const { [location.pathname]: kept, ...others } = read(LEFT) ?? {};
  if (!kept || document.body.dataset.failed) return;
  write(others, LEFT);
  if (kept.owner === owner) bring(kept);
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || form.dataset.draft) return;
  if (form.querySelector("[type=password]") || path(form.action) === "/sign-out") {
    if (path(form.action) === "/sign-out") {
      write(null);
      write(null, LEFT);
    }
    sent = form;
    return;
  }
  if (!event.defaultPrevented) sent = form;
  const fields = fieldsOf(form);
  if (!fields.some((field) => field.matches(SENTENCE) && field.value)) return;
  const values = fields.map((field) => [field.name, field.value, field.checked === true]);
  write({ action: path(form.action), page: location.pathname, values, failed: false });
});

// The page has no such form any more: what was written in sentences is shown, to be copied.
function offer(values) {
  const said = values.map(([, value]) => value).filter((value) => /\s/.test(value.trim())).join("\n");
  write(null);
  if (!said || !notice?.dataset.keptCopy) return;
  const told = document.createElement("div");
  told.className = "alert alert-warning mb-2";
  told.setAttribute("role", "status");
  const label = document.createElement("label");
  label.className = "form-label w-100";
  const field = document.createElement("textarea");
  field.className = "form-control";
  field.rows = 3;
  field.readOnly = true;
  field.value = said;
  label.append(notice.dataset.keptCopy, field);
  told.append(label);
  notice.append(told);
}

function bring(kept) {
  if (document.body.dataset.failed) {
    write({ ...kept, failed: true });
    return;
  }
  if (!kept.failed) {
    write(null);
    return;
  }
  const form = [...document.forms].find((one) => one.method === "post" && path(one.action) === kept.action);
  if (!form) {
    if (kept.page === location.pathname) offer(kept.values);
    return;
  }
  let changed = false;
  for (const [name, value, checked] of kept.values) {
    for (const field of fieldsOf(form).filter((one) => one.name === name)) {
      if (field.matches("[type=radio], [type=checkbox]")) {
        if (field.value === value && field.checked !== checked) {
          field.checked = checked;
          changed = true;
        }
      } else if (field.value !== value && field.value === field.defaultValue) {
        field.value = value;
        changed = true;
      } else if (field.matches("select") && field.value !== value) {
        field.value = value;
        changed = true;
      }
    }
  }
  write(null);
  for (let part = form.closest("details"); part; part = part.parentElement.closest("details")) part.open = true;
  if (changed && notice?.dataset.kept) {
    const told = document.createElement("div");
    told.className = "alert alert-warning mb-2";
    told.setAttribute("role", "status");
    told.textContent = notice.dataset.kept;
    notice.append(told);
  }
}

const kept = read();
if (kept) bring(kept);
comeBack();
addEventListener("pagehide", leave);
// Of a page that comes back as it was left, with all that was typed.
addEventListener("pageshow", ({ persisted }) => {
  if (!persisted) return;
  sent = null;
  comeBack();
});
