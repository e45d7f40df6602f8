// The citizens' form and the sketch in it: commune and pin follow one another, the telephone may say where it is.
import { drawSketch } from "../../static/sketch.js";

async function begin() {
  const holder = document.getElementById("map");
  if (!holder || !window.L) return;
  const said = document.querySelector("[data-map-said]");
  const select = document.getElementById("ward");
  const latitude = document.getElementById("latitude");
  const longitude = document.getElementById("longitude");
  const unpin = document.querySelector("[data-unpin]");
  const here = document.querySelector("[data-here]");

  const sketch = await drawSketch(holder, said, {
    chosen: () => select.value,
    choose(ward) {
      select.value = ward.code;
      select.dispatchEvent(new Event("change", { bubbles: true }));
    },
    pinned(at) {
      latitude.value = at ? at.lat.toFixed(6) : "";
      longitude.value = at ? at.lng.toFixed(6) : "";
      unpin.hidden = !at;
    },
  });
  if (!sketch) return;
  if (latitude.value && longitude.value) {
    sketch.keep(L.latLng(Number(latitude.value), Number(longitude.value)));
    unpin.hidden = false;
  } else {
    sketch.look();
  }
  select.addEventListener("change", (event) => {
    if (event.isTrusted) sketch.byHand();
    sketch.look();
  });
  document.querySelector("[data-hits]").addEventListener("change", () => {
    sketch.byHand();
    sketch.look();
  });
  unpin.addEventListener("click", () => sketch.unpin());
  if (!navigator.geolocation || !window.isSecureContext) here.hidden = true;
  here.addEventListener("click", () => {
    here.setAttribute("aria-busy", "true");
    const done = (tell) => (result) => { here.removeAttribute("aria-busy"); tell(result); };
    navigator.geolocation.getCurrentPosition(
      done(({ coords }) => sketch.drop(L.latLng(coords.latitude, coords.longitude), 13)),
      done(() => { said.textContent = said.dataset.denied; }),
      { enableHighAccuracy: true, timeout: 15_000, maximumAge: 60_000 });
  });
}

begin();
