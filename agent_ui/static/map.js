// The sketch of the province on Leaflet: our own points with names, tiles only where the province has some; one pin.
(() => {
  const holder = document.getElementById("map");
  if (!holder || !window.L) return;
  const said = document.querySelector("[data-map-said]");
  const select = document.getElementById("ward");
  const latitude = document.getElementById("latitude");
  const longitude = document.getElementById("longitude");
  const unpin = document.querySelector("[data-unpin]");
  const OUTSIDE_M = 40_000;
  let wards = [];
  let pin;
  let byPin = false;

  const fill = (words, values) => words.replace(/%\((\w+)\)s/g, (_all, name) => values[name]);

  async function begin() {
    try {
      const answer = await fetch(holder.dataset.wards);
      if (!answer.ok) return;
      wards = (await answer.json()).map(([code, name, lat, lng]) => ({ code, name, at: L.latLng(lat, lng) }));
    } catch { return; }
    if (!wards.length) return;
    document.querySelector("[data-map-box]").hidden = false;
    draw();
  }

  function draw() {
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const map = L.map(holder, { zoomAnimation: !still, fadeAnimation: !still, maxZoom: 18, minZoom: 8, zoomSnap: .5,
      zoomControl: false });
    L.control.zoom({ zoomInTitle: holder.dataset.zoomIn, zoomOutTitle: holder.dataset.zoomOut }).addTo(map);
    map.attributionControl.setPrefix(false);
    L.control.scale({ imperial: false }).addTo(map);
    if (holder.dataset.tiles) L.tileLayer(holder.dataset.tiles, { attribution: holder.dataset.credit }).addTo(map);
    map.fitBounds(L.latLngBounds(wards.map((ward) => ward.at)), { padding: [24, 24] });
    const points = wards.map((ward) => {
      const label = document.createElement("span");
      label.textContent = ward.name;
      const icon = L.divIcon({ className: "ward-point", html: label, iconSize: [10, 10] });
      const point = L.marker(ward.at, { icon, keyboard: false, interactive: false }).addTo(map);
      return { ward, point, label };
    });
    const choose = () => mark(map, points);
    map.on("moveend zoomend", choose);
    select.addEventListener("change", () => {
      const found = wards.find((ward) => ward.code === select.value);
      if (found && !byPin) map.setView(found.at, Math.max(map.getZoom(), 12));
      choose();
    });
    choose();
    listen(map);
    if (latitude.value && longitude.value) drop(map, L.latLng(Number(latitude.value), Number(longitude.value)), true);
    const chosen = wards.find((ward) => ward.code === select.value);
    if (!pin && chosen) map.setView(chosen.at, 12);
  }

  function listen(map) {
    map.on("click", (event) => drop(map, event.latlng));
    holder.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.target !== holder) return;
      event.preventDefault();
      drop(map, map.getCenter());
    });
    const here = document.querySelector("[data-here]");
    if (!navigator.geolocation || !window.isSecureContext) here.hidden = true;
    here.addEventListener("click", () => {
      here.setAttribute("aria-busy", "true");
      const done = (tell) => (result) => { here.removeAttribute("aria-busy"); tell(result); };
      navigator.geolocation.getCurrentPosition(
        done(({ coords }) => {
          const at = L.latLng(coords.latitude, coords.longitude);
          map.setView(at, Math.max(map.getZoom(), 13), { animate: false });
          drop(map, at);
        }),
        done(() => { said.textContent = said.dataset.denied; }),
        { enableHighAccuracy: true, timeout: 15_000, maximumAge: 60_000 });
    });
    unpin.addEventListener("click", () => {
      pin?.remove();
      pin = undefined;
      latitude.value = longitude.value = "";
      unpin.hidden = true;
      said.textContent = said.dataset.gone;
      holder.focus();
    });
  }

  // The nearest centre is a guess and says so: there are no boundaries here.
  function drop(map, at, kept = false) {
    pin ??= L.marker(at, { icon: L.divIcon({ className: "pin", iconSize: [28, 28], iconAnchor: [14, 27] }), keyboard: false,
      interactive: false, zIndexOffset: 1000 }).addTo(map);
    pin.setLatLng(at);
    latitude.value = at.lat.toFixed(6);
    longitude.value = at.lng.toFixed(6);
    unpin.hidden = false;
    if (kept) return map.setView(at, Math.max(map.getZoom(), 12), { animate: false });
    const near = wards.reduce((best, ward) => (at.distanceTo(ward.at) < at.distanceTo(best.at) ? ward : best));
    const metres = at.distanceTo(near.at);
    if (metres > OUTSIDE_M) { said.textContent = said.dataset.outside; return; }
    const km = (metres / 1000).toLocaleString(document.documentElement.lang, { maximumFractionDigits: 1 });
    if (select.value && !byPin) {
      said.textContent = fill(said.dataset.nearest, { name: near.name, km });
      return;
    }
    byPin = true;
    select.value = near.code;
    select.dispatchEvent(new Event("change", { bubbles: true }));
    said.textContent = fill(said.dataset.chosen, { name: near.name });
  }

  // Names that would lie on one another wait for the next zoom; the chosen one always stands there.
  function mark(map, points) {
    const taken = [];
    const order = [...points].sort((one, other) => (other.ward.code === select.value) - (one.ward.code === select.value));
    for (const { ward, point, label } of order) {
      const { x, y } = map.latLngToContainerPoint(ward.at);
      const half = ward.name.length * 3.6 + 4;
      const box = [x - half, y - 8, x + half, y + 24];
      const free = taken.every((other) => box[2] < other[0] || box[0] > other[2] || box[3] < other[1] || box[1] > other[3]);
      label.hidden = !free;
      // A name lies over its neighbours' dots, never under them.
      point.setZIndexOffset(free ? 500 : 0);
      if (free) taken.push(box);
      point.getElement().classList.toggle("is-chosen", ward.code === select.value);
    }
  }

  select.addEventListener("change", (event) => { if (event.isTrusted) byPin = false; });
  document.querySelector("[data-hits]").addEventListener("change", () => { byPin = false; });
  begin();
})();
