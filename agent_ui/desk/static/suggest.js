// What suits the text that is being typed: asked for after each pause, shown under the form, taken by a press or Alt and its number.
import { keys } from "../../static/keys/index.js";
import { OfferNumbers } from "./offers.js";

const WAIT_MS = 300;
const states = new WeakMap();

function body(form) {
  const all = new FormData(form);
  const sent = new URLSearchParams();
  for (const name of ["csrf_token", "description", "address", "category_code", "ward_code", "level"]) {
    sent.set(name, all.get(name) ?? "");
  }
  return sent;
}

function soon(form) {
  const state = states.get(form) ?? { turn: 0, numbers: new OfferNumbers() };
  states.set(form, state);
  clearTimeout(state.wait);
  state.wait = setTimeout(() => ask(form, state), WAIT_MS);
}

async function ask(form, state) {
  const panel = form.querySelector("[data-suggest]");
  const sent = body(form);
  if (!panel || state.last === sent.toString()) return;
  const turn = ++state.turn;
  try {
    const answer = await fetch(panel.dataset.suggest, { method: "POST", body: sent, headers: { "HX-Request": "true" } });
    // What is offered may come late or not at all; the form does not wait for it.
    if (!answer.ok || turn !== state.turn) return;
    state.last = sent.toString();
    const left = panel.contains(document.activeElement);
    panel.innerHTML = await answer.text();
    number(panel, state.numbers);
    if (left) form.elements.description.focus({ preventScroll: true });
  } catch { /* offline: the next key asks again */ }
}

const idOf = ({ dataset }) => [dataset.take, dataset.value, dataset.same, dataset.article].join();

function number(panel, numbers) {
  const offers = [...panel.querySelectorAll(".offer")];
  for (const [place, key] of numbers.assign(offers.map(idOf)).entries()) {
    if (key === null) continue;
    const shown = offers[place].querySelector("[data-offer-key]");
    offers[place].dataset.key = key;
    shown.textContent = `Alt ${key}`;
    shown.hidden = false;
  }
}

// The box of a field that people see: a list stands in front of its select, a name in front of its code.
const boxOf = (form, name) => form.elements[name === "ward_code" ? "ward_name" : name]?.closest(".field")
  ?.querySelector("input:not([type=hidden])");

function put(field, value) {
  field.value = value;
  field.dispatchEvent(new Event("combo-show"));
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.dispatchEvent(new Event("change", { bubbles: true }));
}

function append(field, words) {
  const end = field.value && !field.value.endsWith("\n") ? "\n" : "";
  put(field, field.value + end + words);
  field.focus();
  field.setSelectionRange(field.value.length, field.value.length);
}

async function take(offer) {
  const form = offer.closest("form");
  const fields = form.elements;
  // A button that was pressed goes with the next answer.
  if (document.activeElement === offer) boxOf(form, offer.dataset.take ?? "ward_code")?.focus();
  if (offer.dataset.take === "category_code") put(fields.category_code, offer.dataset.value);
  else if (offer.dataset.take === "ward_code") {
    fields.ward_code.value = offer.dataset.value;
    put(fields.ward_name, offer.dataset.label);
    if (offer.dataset.address && !fields.address.value) put(fields.address, offer.dataset.address);
    fields.ward_code.dispatchEvent(new Event("change", { bubbles: true }));
  } else if (offer.dataset.same) {
    const link = form.closest(".draft").querySelector("form [name=parent_code]");
    link.value = offer.dataset.same;
    link.closest("details").open = true;
    link.form.querySelector("button.btn").focus();
  } else if (offer.dataset.article) {
    const sent = new URLSearchParams({ csrf_token: fields.csrf_token.value, code: offer.dataset.code });
    const answer = await fetch(offer.dataset.article, { method: "POST", body: sent }).catch(() => null);
    if (!answer?.ok) return;
    const into = fields.answer ?? fields.description;
    const holder = into.closest("details");
    if (holder) holder.open = true;
    append(into, (await answer.json()).body);
  }
  soon(form);
}

document.addEventListener("click", (event) => {
  const offer = event.target.closest?.(".offer");
  if (offer) take(offer);
});
keys.on("draftOffer", (_event, key) => {
  const form = document.activeElement?.closest("form[data-draft]");
  const offer = form?.querySelector(`.offer[data-key="${key.at(-1)}"]`);
  if (!offer) return false;
  take(offer);
}, { repeats: true, composing: true });
for (const kind of ["input", "change"]) {
  document.addEventListener(kind, (event) => {
    const form = event.target.closest?.("form[data-draft]");
    if (form) soon(form);
  });
}
const begin = () => { for (const form of document.querySelectorAll("form[data-draft]")) if (!states.has(form)) soon(form); };
begin();
document.addEventListener("htmx:after:swap", begin);
