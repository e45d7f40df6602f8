// Where a report is: a dialog with the sketch of the province, fetched when it is first opened, for a form or to look at.
import { keys } from "../../static/keys/index.js";
import { coordinates } from "../../static/texts.js";

const dialogs = new Map();
// What the sketch is about now: the form that is filled in, or nothing where one only looks.
let form = null;

const part = (address) => new Promise((done, failed) => {
  const sheet = /\.css(\?|$)/.test(address);
  const node = document.createElement(sheet ? "link" : "script");
  node[sheet ? "href" : "src"] = address;
  if (sheet) node.rel = "stylesheet";
  node.addEventListener("load", done);
  node.addEventListener("error", () => { node.remove(); failed(new Error(address)); });
  document.head.append(node);
});
const parts = {};
const load = (address) => (parts[address] ??= part(address).catch((error) => { delete parts[address]; throw error; }));

function tell(field) {
  field.dispatchEvent(new Event("combo-show"));
  field.dispatchEvent(new Event("change", { bubbles: true }));
}

function point(text) {
  const place = coordinates(text);
  return place && L.latLng(...place);
}

// What a form says beside its button; a pin that came from elsewhere is shown too.
function show(field) {
  field.closest(".field").querySelector("[data-pin-said]").textContent = field.value.replace(",", ", ");
}

async function made(address) {
  if (dialogs.has(address)) return dialogs.get(address);
  const answer = await fetch(address, { headers: { "HX-Request": "true" } });
  if (!answer.ok) throw new Error(address);
  document.getElementById("map-dialog")?.remove();
  dialogs.clear();
  const holder = document.createElement("div");
  holder.innerHTML = await answer.text();
  const dialog = document.body.appendChild(holder.querySelector("dialog"));
  dialogs.set(address, dialog);
  return dress(dialog);
}

function dress(dialog) {
  dialog.addEventListener("mousedown", (event) => { if (event.target === dialog) dialog.close(); });
  dialog.querySelector("[data-pin-done]")?.addEventListener("click", () => dialog.close());
  dialog.querySelector("[data-unpin]")?.addEventListener("click", () => dialog.sketch?.unpin());
  return dialog;
}

keys.on("pinEnter", (event) => {
  const dialog = event.target.closest?.("#map-dialog");
  const sketch = dialog?.sketch;
  if (dialog && event.target.matches("[data-pin-typed]")) {
    const place = window.L && point(event.target.value);
    event.target.setAttribute("aria-invalid", String(!place));
    if (place) sketch?.drop(place, 14);
    return undefined;
  }
  // The same place a second time: it is what was meant.
  if (!form || event.target.id !== "map" || !sketch?.is(sketch.centre())) return false;
  return dialog.close();
}, { repeats: true, composing: true });

const looks = (dialog) => dialog.dataset.parts.split(" ").filter((address) => address.includes(".css"));

async function draw(dialog) {
  const said = dialog.querySelector("[data-map-said]");
  const unpin = dialog.querySelector("[data-unpin]");
  const typed = dialog.querySelector("[data-pin-typed]");
  let drawSketch;
  try {
    ([{ drawSketch }] = await Promise.all([import("../../static/sketch.js"), ...dialog.dataset.parts.split(" ").map(load)]));
  } catch {
    said.textContent = dialog.dataset.failed;
    return null;
  }
  const sketch = await drawSketch(dialog.querySelector("#map"), said, {
    chosen: () => form?.elements.ward_code.value ?? "",
    choose(ward) {
      form.elements.ward_code.value = form.dataset.wardByPin = ward.code;
      form.elements.ward_name.value = ward.name;
      form.elements.ward_name.dispatchEvent(new Event("combo-show"));
      tell(form.elements.ward_code);
    },
    pinned: unpin && ((at) => {
      form.elements.pin.value = at ? `${at.lat.toFixed(6)},${at.lng.toFixed(6)}` : "";
      typed.value = form.elements.pin.value;
      typed.removeAttribute("aria-invalid");
      unpin.hidden = !at;
      tell(form.elements.pin);
    }),
  });
  if (!sketch) said.textContent = dialog.dataset.none;
  return sketch;
}

async function open(button) {
  form = button.closest("form[data-draft]");
  button.setAttribute("aria-busy", "true");
  let dialog;
  try {
    dialog = await made(button.dataset.pin);
    await Promise.allSettled(looks(dialog).map(load));
  } catch {
    return;
  } finally {
    button.removeAttribute("aria-busy");
  }
  if (!dialog.open) dialog.showModal();
  dialog.querySelector("#map").focus();
  dialog.sketch ??= await draw(dialog);
  if (!dialog.sketch) return;
  const ward = form?.elements.ward_code.value;
  dialog.sketch.fresh({ guessed: Boolean(ward) && form.dataset.wardByPin === ward });
  const value = form ? form.elements.pin.value : button.dataset.at;
  const at = point(value ?? "");
  if (at) dialog.sketch.keep(at);
  else dialog.sketch.look({ zoom: 12.5 });
  const typed = dialog.querySelector("[data-pin-typed]");
  if (typed) {
    typed.value = value;
    dialog.querySelector("[data-unpin]").hidden = !at;
  }
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-pin]");
  if (button) open(button);
});

function watch() {
  for (const field of document.querySelectorAll("input[name=pin]:not([data-dressed])")) {
    field.dataset.dressed = "1";
    field.addEventListener("combo-show", () => show(field));
  }
}
watch();
document.addEventListener("htmx:after:swap", watch);
