// The telephone's state of this page: read from the rendered page at load and after each swap of a part.
import { PhoneStore } from "./state.js";

const all = (selector) => [...document.querySelectorAll(selector)];

function read() {
  const alarm = document.querySelector("#emergency [data-alarm]");
  return {
    ringing: all("#ring [data-ring]").map((one) => ({
      call: one.dataset.ring, name: one.querySelector("strong")?.textContent ?? "",
    })),
    talking: all(".work-talking[data-call]").map((one) => one.dataset.call),
    engaged: Boolean(document.querySelector("#ring .ring, .work-ringing, .work-talking")),
    spoken: Boolean(document.querySelector(".work-talking, #ring .ring-talking")),
    emergencies: all("#emergency [data-emergency]").map((one) => one.dataset.emergency),
    alarm: alarm ? alarm.dataset.alarm : null,
  };
}

export const phone = new PhoneStore();
phone.take(read());
document.addEventListener("htmx:after:swap", () => phone.take(read()));
