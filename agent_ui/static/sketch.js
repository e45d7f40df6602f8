// The sketch of the province on Leaflet: our own points with names, tiles only where the province has some; one pin.
import { keys } from "./keys/index.js";

const OUTSIDE_M = 40_000;
// What Enter does on each sketch on which a pin may be put.
const drops = new WeakMap();
keys.on("pinHere", (event) => {
  const drop = drops.get(event.target);
  if (!drop) return false;
  return drop();
}, { repeats: true, composing: true });

async function points(address) {
  try {
    const answer = await fetch(address);
    const rows = answer.ok ? await answer.json() : [];
    return rows.map(([code, name, lat, lng]) => ({ code, name, at: L.latLng(lat, lng) }));
  } catch { return []; }
}

const fill = (words, values) => words.replace(/%\((\w+)\)s/g, (_all, name) => values[name]);

// Draws into `holder`, tells in `said`; null where the province's places are not known. `chosen` answers the code of
// the commune, `choose` takes one that the pin suggests, `pinned` hears where the pin is, or null. A sketch that is
// only looked at has no `pinned`.
export async function drawSketch(holder, said, { chosen, choose, pinned }) {
  const wards = await points(holder.dataset.wards);
  if (!wards.length) return null;
  holder.closest("[hidden]")?.removeAttribute("hidden");
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const map = L.map(holder, { zoomAnimation: !still, fadeAnimation: !still, maxZoom: 18, minZoom: 8, zoomSnap: .5,
    zoomControl: false });
  L.control.zoom({ zoomInTitle: holder.dataset.zoomIn, zoomOutTitle: holder.dataset.zoomOut }).addTo(map);
  map.attributionControl.setPrefix(false);
  L.control.scale({ imperial: false }).addTo(map);
  if (holder.dataset.tiles) L.tileLayer(holder.dataset.tiles, { attribution: holder.dataset.credit }).addTo(map);
  const whole = L.latLngBounds(wards.map((ward) => ward.at));
  map.fitBounds(whole, { padding: [24, 24] });
  const labels = wards.map((ward) => {
    const label = document.createElement("span");
    label.textContent = ward.name;
    const icon = L.divIcon({ className: "ward-point", html: label, iconSize: [10, 10] });
    return { ward, label, point: L.marker(ward.at, { icon, keyboard: false, interactive: false }).addTo(map) };
  });
  let pin;
  // The commune stands there because of the pin, and goes with it.
  let byPin = false;

  // Names that would lie on one another wait for the next zoom; the chosen one always stands there.
  function mark() {
    const taken = [];
    const first = ({ ward }) => ward.code === chosen();
    for (const { ward, point, label } of [...labels].sort((one, other) => first(other) - first(one))) {
      const { x, y } = map.latLngToContainerPoint(ward.at);
      const half = ward.name.length * 3.6 + 4;
      const box = [x - half, y - 8, x + half, y + 24];
      const free = taken.every((other) => box[2] < other[0] || box[0] > other[2] || box[3] < other[1] || box[1] > other[3]);
      label.hidden = !free;
      // A name lies over its neighbours' dots, never under them.
      point.setZIndexOffset(free ? 500 : 0);
      if (free) taken.push(box);
      point.getElement().classList.toggle("is-chosen", first({ ward }));
    }
  }

  function stick(at) {
    pin ??= L.marker(at, { icon: L.divIcon({ className: "pin", iconSize: [28, 28], iconAnchor: [14, 27] }),
      keyboard: false, interactive: false, zIndexOffset: 1000 }).addTo(map);
    pin.setLatLng(at);
  }

  // The nearest centre is a guess and says so: there are no boundaries here.
  function drop(at) {
    stick(at);
    pinned(at);
    const near = wards.reduce((best, ward) => (at.distanceTo(ward.at) < at.distanceTo(best.at) ? ward : best));
    const metres = at.distanceTo(near.at);
    if (metres > OUTSIDE_M) { said.textContent = said.dataset.outside; return; }
    const km = (metres / 1000).toLocaleString(document.documentElement.lang, { maximumFractionDigits: 1 });
    if (chosen() && !byPin) {
      said.textContent = fill(said.dataset.nearest, { name: near.name, km });
      return;
    }
    byPin = true;
    choose(near);
    mark();
    said.textContent = fill(said.dataset.chosen, { name: near.name });
  }

  map.on("moveend zoomend", mark);
  if (pinned) {
    map.on("click", (event) => drop(event.latlng));
    drops.set(holder, () => drop(map.getCenter()));
  }
  mark();
  return {
    drop(at, zoom = 0) {
      map.setView(at, Math.max(map.getZoom(), zoom), { animate: false });
      drop(at);
    },
    // A pin that was there before.
    keep(at) {
      stick(at);
      map.setView(at, Math.max(map.getZoom(), 12), { animate: false });
    },
    remove() {
      pin?.remove();
      pin = undefined;
    },
    unpin() {
      this.remove();
      pinned(null);
      said.textContent = said.dataset.gone;
      holder.focus();
    },
    // A commune that a person chose: it stays whatever the pin says.
    byHand() { byPin = false; },
    look({ zoom = 12 } = {}) {
      const found = wards.find((ward) => ward.code === chosen());
      if (found && !byPin) map.setView(found.at, Math.max(map.getZoom(), zoom), { animate: !still });
      mark();
    },
    // Shown again, for another place; `guessed` where its commune stands there because of its pin.
    fresh({ guessed }) {
      byPin = guessed;
      said.textContent = "";
      this.remove();
      map.invalidateSize();
      map.fitBounds(whole, { padding: [24, 24], animate: false });
      mark();
    },
    is(at) { return pin?.getLatLng().equals(at) ?? false; },
    centre: () => map.getCenter(),
  };
}
