// Emergencies: the digit that picks a service, the form that becomes urgent, and the alarm until somebody takes it on.
import { keys } from "../../static/keys/index.js";
import { phone } from "../../static/phone/index.js";

function begin() {
  const bar = document.getElementById("emergency");
  if (!bar) return;
  const AGAIN_MS = 3500;
  const MUTED = "hotline-alarm-muted";
  const MARK = "‼";
  const title = document.title;
  let audio;
  let ringing = false;

  // Opened, the menu has the cursor, so that one digit picks and what is typed lands nowhere else.
  document.addEventListener("toggle", (event) => {
    if (event.target.matches?.("details.emergency-menu[open]")) event.target.querySelector("button").focus();
  }, true);
  keys.on("emergencyService", (_event, digit) => {
    const here = document.activeElement;
    const open = "details.emergency-menu[open]";
    const menu = here === document.body ? document.querySelector(open) : here?.closest(open);
    const button = menu?.querySelector(`[data-service-key="${digit}"]`);
    if (!button) return false;
    button.click();
  }, { composing: true });
  document.addEventListener("submit", (event) => {
    const menu = event.target.closest("details.emergency-menu");
    if (!menu) return;
    // One press is enough: the bar tells what comes of it, and the cursor goes back to where one types.
    setTimeout(() => {
      menu.open = false;
      document.querySelector(".work[open] form[data-draft] .field-address input")?.focus({ preventScroll: true });
    });
  });

  // The draft of a new emergency is urgent: its open form shows it, and saves itself on with that.
  function raise(codes) {
    for (const code of codes) {
      const urgent = document.querySelector(`#form-${CSS.escape(code)} input[name="level"][value="urgent"]`);
      if (!urgent || urgent.checked) continue;
      urgent.checked = true;
      urgent.dispatchEvent(new Event("change", { bubbles: true }));
    }
  }

  const alarm = () => phone.state.alarm;
  const muted = () => localStorage.getItem(MUTED) === "1";
  const heard = () => !muted() && audio?.state === "running";

  // Browsers are silent until the page was touched once.
  function wake() {
    if (!audio && !navigator.userActivation?.hasBeenActive) return;
    audio ??= new AudioContext();
    if (audio.state === "suspended") audio.resume().then(words, () => {});
  }

  function beep() {
    for (const [at, hertz] of [[0, 880], [0.25, 660], [0.5, 880]]) {
      const tone = new OscillatorNode(audio, { type: "square", frequency: hertz });
      const loud = new GainNode(audio, { gain: 0.12 });
      tone.connect(loud).connect(audio.destination);
      tone.start(audio.currentTime + at);
      tone.stop(audio.currentTime + at + 0.2);
    }
  }

  const pause = () => new Promise((resolve) => { setTimeout(resolve, AGAIN_MS); });

  // One of a person's open tabs is enough.
  async function ring() {
    if (ringing) return;
    ringing = true;
    while (alarm() !== null) {
      const once = () => {
        if (heard()) beep();
        return pause();
      };
      if (navigator.locks) {
        await navigator.locks.request("hotline-alarm", { ifAvailable: true }, (lock) => (lock ? once() : pause()));
      } else await once();
    }
    ringing = false;
  }

  function words() {
    for (const [place, button] of bar.querySelectorAll("[data-alarm-sound]").entries()) {
      const text = heard() ? button.dataset.wordsOn : button.dataset.wordsOff;
      button.hidden = place > 0;
      if (button.textContent !== text) button.textContent = text;
    }
  }

  function show() {
    if (alarm() !== null) {
      document.title = `${MARK} ${alarm()}`;
      wake();
      ring();
    } else if (document.title.startsWith(MARK)) document.title = title;
    words();
  }

  bar.addEventListener("click", (event) => {
    if (!event.target.closest("[data-alarm-sound]")) return;
    localStorage.setItem(MUTED, heard() ? "1" : "0");
    wake();
    words();
  });
  keys.onAny(() => { if (alarm() !== null) wake(); });
  document.addEventListener("pointerdown", () => { if (alarm() !== null) wake(); }, { passive: true });
  phone.subscribe((_state, begun) => {
    raise(begun.emergencies);
    show();
  });
  show();
}

begin();
