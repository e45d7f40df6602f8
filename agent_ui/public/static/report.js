// The citizens' forms: nothing is sent twice, pictures are seen before they go, communes are found while typing.
import { keys } from "../../static/keys/index.js";

const MAX_BYTES = 10 * 1024 * 1024;
const TYPES = ["image/jpeg", "image/png", "image/webp"];

function once(form) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) return event.preventDefault();
    form.dataset.sent = "1";
    form.setAttribute("aria-busy", "true");
    event.submitter?.classList.add("is-sending");
  });
  // The browser's Back brings the page as it was left.
  addEventListener("pageshow", () => {
    delete form.dataset.sent;
    form.removeAttribute("aria-busy");
    for (const button of form.querySelectorAll(".is-sending")) button.classList.remove("is-sending");
  });
}

async function paint(canvas, file) {
  try {
    const picture = await createImageBitmap(file);
    const scale = 160 / Math.max(picture.width, picture.height);
    canvas.width = Math.max(1, picture.width * scale);
    canvas.height = Math.max(1, picture.height * scale);
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
    picture.close();
  } catch { canvas.hidden = true; }
}

// A phone's camera gives one picture at a time: each choice adds to the ones before.
function pictures(input) {
  const list = input.parentElement.querySelector("[data-previews]");
  const wrong = input.parentElement.querySelector("[data-files-wrong]");
  const room = Number(input.dataset.room);
  let chosen = [];
  input.parentElement.classList.add("has-script");

  function tell(words) {
    wrong.textContent = words.join(" ");
    wrong.hidden = !words.length;
  }

  function show() {
    const carrier = new DataTransfer();
    for (const file of chosen) carrier.items.add(file);
    input.files = carrier.files;
    list.hidden = !chosen.length;
    list.replaceChildren(...chosen.map((file) => {
      const line = document.createElement("li");
      const canvas = document.createElement("canvas");
      const name = document.createElement("span");
      const remove = document.createElement("button");
      name.textContent = file.name;
      remove.type = "button";
      remove.className = "btn btn-sm";
      remove.textContent = input.dataset.remove;
      remove.setAttribute("aria-label", `${input.dataset.remove} ${file.name}`);
      remove.addEventListener("click", () => {
        chosen = chosen.filter((other) => other !== file);
        tell([]);
        show();
        input.focus();
      });
      line.append(canvas, name, remove);
      paint(canvas, file);
      return line;
    }));
  }

  function add() {
    const words = [];
    for (const file of input.files) {
      const known = chosen.some((one) => one.name === file.name && one.size === file.size);
      if (known) continue;
      if (file.size > MAX_BYTES) words.push(`${input.dataset.tooLarge} ${file.name}.`);
      else if (file.type && !TYPES.includes(file.type)) words.push(`${input.dataset.wrongType} ${file.name}.`);
      else if (chosen.length >= room) words.push(input.dataset.tooMany);
      else chosen.push(file);
    }
    tell([...new Set(words)]);
    show();
  }

  input.addEventListener("change", add);
  // Chosen before this script was there, or kept by the browser: the next choice adds to them too.
  if (input.files.length) add();
}

function findPlaces(input) {
  const box = document.querySelector("[data-hits]");
  const select = document.getElementById("ward");
  document.querySelector("[data-without-script]").hidden = true;
  let wait;
  let turn = 0;
  function ask() {
    clearTimeout(wait);
    const mine = ++turn;
    wait = setTimeout(async () => {
      if (!input.value.trim()) return box.replaceChildren();
      try {
        const answer = await fetch(`${input.dataset.places}?q=${encodeURIComponent(input.value)}`);
        if (answer.ok && mine === turn) box.innerHTML = await answer.text();
      } catch { /* the next letter asks again; the list below is there all the time */ }
    }, 150);
  }

  input.addEventListener("input", ask);
  // Enter in a search box means the first find, and never sends the form half filled.
  keys.on("firstPlace", (event) => {
    if (event.target !== input) return false;
    const first = box.querySelector("input");
    if (first) { first.focus(); first.click(); }
  }, { repeats: true, composing: true });
  box.addEventListener("change", (event) => {
    select.value = event.target.value;
    select.dispatchEvent(new Event("change", { bubbles: true }));
  });
  select.addEventListener("change", () => {
    for (const one of box.querySelectorAll("input")) one.checked = one.value === select.value;
    if (!select.value) return;
    // A chosen commune answers the question: nothing is left to search for.
    turn += 1;
    clearTimeout(wait);
    input.value = "";
  });
  // Typed before this script was there: nobody types it again.
  if (input.value !== input.defaultValue) ask();
}

// What is being mended is no longer wrong; whether it is right, the next step says.
function forgive(event) {
  const field = event.target.closest("[aria-invalid]");
  if (!field) return;
  field.removeAttribute("aria-invalid");
  const words = document.getElementById(`problem-${field.name || field.id}`);
  if (words) words.hidden = true;
}

function copy(button) {
  if (!navigator.clipboard) return;
  button.hidden = false;
  const words = button.querySelector("span");
  words.setAttribute("role", "status");
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
      words.textContent = button.dataset.copied;
    } catch { button.hidden = true; }
  });
}

for (const form of document.querySelectorAll("[data-once]")) once(form);
for (const input of document.querySelectorAll("input[type=file][data-room]")) pictures(input);
for (const input of document.querySelectorAll("[data-places]")) findPlaces(input);
for (const button of document.querySelectorAll("[data-copy]")) copy(button);
document.addEventListener("input", forgive);
document.getElementById("trouble")?.focus();
