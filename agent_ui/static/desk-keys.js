// The desk by keyboard: a key presses the button that shows it (`data-desk-key`), in the card where one works.
(() => {
  const FIRST = "input:not([type=hidden], [type=radio]), select, textarea";

  // The card with the cursor, else the call that goes on, else the first one that is open.
  function card() {
    return document.activeElement?.closest(".work")
      ?? document.querySelector(".work-talking[open]") ?? document.querySelector(".work[open]") ?? document;
  }

  function button(code) {
    const name = `[data-desk-key="${code}"]:not(:disabled)`;
    const shown = (root) => [...root.querySelectorAll(name)].find((one) => one.checkVisibility());
    return shown(card()) ?? shown(document);
  }

  document.addEventListener("keydown", (event) => {
    if (event.repeat || event.isComposing) return;
    if (event.ctrlKey && event.key === "Enter") {
      const form = event.target.closest?.("form[data-draft]");
      if (!form) return;
      event.preventDefault();
      // What is being chosen from a list is taken first.
      event.target.blur();
      form.requestSubmit(form.querySelector("[data-file]"));
      return;
    }
    if (!event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const found = button(event.code);
    if (!found) return;
    event.preventDefault();
    found.click();
    const opened = found.matches("summary") && found.parentElement;
    if (opened?.open) opened.querySelector(FIRST)?.focus();
  });

  // The address names a card: it is opened, and the cursor stands where one begins to type.
  function goTo() {
    const named = location.hash.startsWith("#work-") && document.getElementById(location.hash.slice(1));
    if (!named) return;
    named.open = true;
    named.scrollIntoView({ block: "nearest" });
    named.querySelector("form[data-draft] .field-description textarea")?.focus({ preventScroll: true });
  }
  // A talk has begun: unless somebody is typing, the cursor stands where one begins.
  const talked = new Set();
  function begin() {
    for (const talk of document.querySelectorAll(".work-talking[data-call]")) {
      const fresh = !talked.has(talk.dataset.call);
      talked.add(talk.dataset.call);
      const typing = document.activeElement?.closest("form, dialog[open]")
        ?? document.querySelector("details.emergency-menu[open]");
      if (fresh && !typing) talk.querySelector(".field-description textarea")?.focus({ preventScroll: true });
    }
  }
  begin();
  document.addEventListener("htmx:after:swap", begin);

  goTo();
  window.addEventListener("hashchange", goTo);
})();
