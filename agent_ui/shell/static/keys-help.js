// "?" outside the fields opens the list of keys; so does the menu.
import { keys } from "../../static/keys/index.js";

function begin() {
  const dialog = document.getElementById("keys");
  if (!dialog) return;
  const menu = document.getElementById("menu-keys");
  let opener;

  function open() {
    if (!dialog.open && !document.querySelector("dialog[open]")) dialog.showModal();
  }

  keys.on("help", (event) => {
    if (event.target.closest?.("input, textarea, select, [contenteditable]")) return false;
    open();
  });
  if (menu) {
    menu.hidden = false;
    menu.addEventListener("click", () => {
      const holder = menu.closest("details");
      if (holder?.open) {
        holder.open = false;
        opener = holder.querySelector("summary");
      }
      open();
    });
  }
  dialog.addEventListener("close", () => {
    opener?.focus();
    opener = null;
  });
  // A click beside the box.
  dialog.addEventListener("mousedown", (event) => { if (event.target === dialog) dialog.close(); });
}

begin();
