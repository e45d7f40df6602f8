// "?" outside the fields opens the list of keys; so does the menu.
(() => {
  const dialog = document.getElementById("keys");
  if (!dialog) return;
  const menu = document.getElementById("menu-keys");
  let opener;

  function open() {
    if (!dialog.open && !document.querySelector("dialog[open]")) dialog.showModal();
  }

  document.addEventListener("keydown", (event) => {
    if (event.key !== "?" || event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    if (event.target.closest?.("input, textarea, select, [contenteditable]")) return;
    event.preventDefault();
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
})();
