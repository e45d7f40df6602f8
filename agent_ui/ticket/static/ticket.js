// The ticket's page and the inbox: a form goes out once, chosen files are shown, a form that no longer fits says so.
import { sizeOf } from "../../static/texts.js";

const LARGEST = 10 * 1024 * 1024;

// A second press of a button changes nothing. Coming back by the browser's arrow makes it work again.
document.addEventListener("submit", (event) => {
  const form = event.target.closest("form[data-once]");
  if (!form || event.defaultPrevented) return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "1";
  for (const button of form.querySelectorAll("button")) {
    button.setAttribute("aria-disabled", "true");
    button.classList.add("disabled");
    if (button.dataset.busy) button.lastChild.textContent = ` ${button.dataset.busy}`;
  }
});
window.addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });

async function draw(file, canvas) {
  const picture = await createImageBitmap(file, { resizeWidth: 128 });
  canvas.width = 128;
  canvas.height = 96;
  const scale = Math.max(128 / picture.width, 96 / picture.height);
  const [width, height] = [picture.width * scale, picture.height * scale];
  canvas.getContext("2d").drawImage(picture, (128 - width) / 2, (96 - height) / 2, width, height);
  picture.close();
}

function row(file) {
  const item = document.createElement("li");
  if (file.type.startsWith("image/")) {
    const canvas = document.createElement("canvas");
    canvas.setAttribute("aria-hidden", "true");
    item.append(canvas);
    draw(file, canvas).catch(() => canvas.remove());
  }
  const name = document.createElement("span");
  name.textContent = `${file.name} – ${sizeOf(file.size, document.documentElement.lang)}`;
  if (file.size > LARGEST) name.className = "too-large";
  item.append(name);
  return item;
}

document.addEventListener("change", (event) => {
  const upload = event.target.closest("[data-upload]");
  if (!upload || event.target.type !== "file") return;
  const files = [...upload.querySelectorAll("input[type=file]")].flatMap((input) => [...input.files]);
  upload.querySelector("[data-chosen]").replaceChildren(...files.map(row));
});

const touched = (act) => [...act.querySelectorAll("textarea, input:not([type=hidden]), select")].some((field) => {
  if (field.type === "file") return field.files.length > 0;
  if (field.type === "radio" || field.type === "checkbox") return field.checked !== field.defaultChecked;
  if (field.localName === "select") return field.selectedIndex > 0;
  return field.value !== field.defaultValue;
});

// The page's parts follow the ticket by themselves; the forms only where nobody has begun to write.
async function follow() {
  const ticket = document.getElementById("ticket");
  const act = document.getElementById("act");
  if (!ticket || !act || ticket.dataset.situation === act.dataset.situation) return;
  if (touched(act)) {
    act.querySelector("#act-stale").hidden = false;
    return;
  }
  const answer = await fetch(ticket.dataset.url, { headers: { Accept: "text/html" } });
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("act");
  if (fresh && !touched(act)) act.replaceWith(document.adoptNode(fresh));
}

new MutationObserver(follow).observe(document.getElementById("main"), {
  subtree: true, childList: true, attributes: true, attributeFilter: ["data-situation"],
});
document.querySelector("[data-print]")?.addEventListener("click", () => window.print());
