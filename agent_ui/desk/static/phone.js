// The operator's telephone: two keys, a tab that says that it rings, and the cursor where one begins to type.
import { keys } from "../../static/keys/index.js";
import { phone } from "../../static/phone/index.js";

const title = document.title;
let answered = "";

const buttons = (code) => [...document.querySelectorAll(`[data-key="${code}"]:not(:disabled)`)]
  .filter((button) => button.checkVisibility());

keys.on("telephone", (event) => {
  const button = buttons(event.code)[0];
  if (!button) return false;
  button.click();
  // The menu has the cursor at once, not when the browser tells that it is open: what is pressed next is meant for it.
  const menu = button.matches("summary") && button.parentElement;
  if (menu?.open) menu.querySelector("button")?.focus();
}, { composing: true });

// What was pressed shows at once; the answer comes from the server.
document.addEventListener("submit", (event) => {
  const button = event.target.closest("[data-phone] form")?.querySelector("button[data-verb]");
  if (!button) return;
  if (button.dataset.verb === "answer") answered = event.target.elements.call.value;
  button.setAttribute("aria-busy", "true");
});

function begin(state) {
  // Answered from another page: its draft is on the desk. What is typed here is kept.
  const bar = answered && !document.getElementById("work") && document.getElementById(`talk-${Number(answered)}`);
  if (bar) {
    answered = "";
    bar.querySelector("a").click();
    return;
  }
  if (!state.talking.includes(answered)) return;
  const card = document.querySelector(`.work-talking[data-call="${Number(answered)}"]`);
  const field = card?.querySelector('textarea[name="description"]');
  if (!field) return;
  answered = "";
  const typing = document.activeElement?.closest("form[data-draft]");
  if (typing) return;
  // First this: it takes the place from which Tab goes on with it.
  card.scrollIntoView({ block: "nearest" });
  field.focus({ preventScroll: true });
}

function ring({ ringing: [one] }) {
  document.title = one ? `☎ ${one.name}` : title;
  for (const lines of document.querySelectorAll(".says-lines")) lines.scrollTop = lines.scrollHeight;
}

phone.subscribe((state) => {
  ring(state);
  begin(state);
});
