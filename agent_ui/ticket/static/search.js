// A search is answered within its page: what was found is read alone, the address follows, and Back leads where it did.
import { shared } from "../../static/texts.js";

const finds = (element) => element?.closest?.('[hx-target="#found"]');

const address = (action) => shared(action, location.href);

// What may be done with the present search stands above what it found, and is not read again with it.
function keepUp(query) {
  const there = query ? `?${query}` : "";
  let kept = false;
  for (const one of document.querySelectorAll(".saved")) {
    const chosen = one.dataset.query === query;
    kept ||= chosen;
    one.classList.toggle("is-chosen", chosen);
    if (chosen) one.querySelector("a").setAttribute("aria-current", "page");
    else one.querySelector("a").removeAttribute("aria-current");
    one.querySelector("[name=next]").value = location.pathname + there;
  }
  const keep = document.querySelector(".search-keep");
  keep.open = false;
  keep.hidden = kept || !query;
  const form = keep.querySelector("form");
  // A name that was refused was meant for the search before.
  form.querySelector("[role=alert]")?.remove();
  form.elements.name.classList.remove("is-invalid");
  form.elements.name.value = "";
  form.action = new URL(form.action).pathname + there;
  document.querySelector(".search-clear").hidden = !query;
}

function whole({ detail: { ctx } }) {
  if (finds(ctx.sourceElement)) location.assign(address(ctx.request.action));
}

history.replaceState({ search: true }, "");
window.addEventListener("popstate", (event) => {
  if (event.state?.search) location.reload();
});
document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  const source = finds(ctx?.sourceElement);
  if (!source) return;
  const here = address(ctx.request.action);
  if (here !== location.pathname + location.search) history.pushState({ search: true }, "", here);
  const found = document.getElementById("found");
  keepUp(found.dataset.query);
  // Who searches anew goes on typing, but on a phone what was found is below the fields.
  if (source.matches("form") && found.getBoundingClientRect().top < window.innerHeight - 160) return;
  // Another page of the same list begins at its top, also for who hears it.
  found.querySelector("[role=status]").focus({ preventScroll: true });
  found.scrollIntoView({ block: "start" });
});
// What went wrong is told by the whole page: signed out, no database, no network.
document.addEventListener("htmx:response:error", whole);
document.addEventListener("htmx:error", (event) => { if (event.detail.ctx) whole(event); });
