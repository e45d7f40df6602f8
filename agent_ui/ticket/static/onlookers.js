// Who else has this ticket open: each `[data-onlookers]` that is in sight says so, and shows the names of the others.

const EVERY_MS = 10000;
const token = () => document.querySelector('meta[name="csrf-token"]')?.content ?? "";
let told = new Set();

function shown() {
  if (document.visibilityState !== "visible") return [];
  return [...document.querySelectorAll("[data-onlookers]")].filter((one) => {
    const holder = one.closest("details");
    return !holder || holder.open;
  });
}

function say(codes, more = {}) {
  const body = new FormData();
  body.append("csrf_token", token());
  for (const code of codes) body.append("code", code);
  for (const [name, value] of Object.entries(more)) body.append(name, value);
  return body;
}

async function look() {
  const places = shown();
  const codes = new Set(places.map((one) => one.dataset.onlookers));
  const left = [...told].filter((code) => !codes.has(code));
  told = codes;
  if (left.length) navigator.sendBeacon("/onlookers", say(left, { gone: "1" }));
  if (!codes.size) return;
  const headers = { Accept: "application/json" };
  const answer = await fetch("/onlookers", { method: "POST", body: say(codes), headers }).catch(() => null);
  if (!answer?.ok) return;
  const others = await answer.json();
  for (const one of document.querySelectorAll("[data-onlookers]")) {
    const names = others[one.dataset.onlookers] ?? [];
    one.hidden = !names.length;
    const words = one.querySelector("b");
    if (words.textContent !== names.join(", ")) words.textContent = names.join(", ");
  }
}

let soon;
const again = () => {
  clearTimeout(soon);
  soon = setTimeout(look, 200);
};
look();
setInterval(look, EVERY_MS);
document.addEventListener("toggle", again, true);
document.addEventListener("visibilitychange", again);
document.addEventListener("htmx:after:swap", () => {
  if (shown().some((one) => !told.has(one.dataset.onlookers))) again();
});
window.addEventListener("pagehide", () => {
  if (told.size) navigator.sendBeacon("/onlookers", say(told, { gone: "1" }));
  told = new Set();
});
window.addEventListener("pageshow", (event) => { if (event.persisted) look(); });
