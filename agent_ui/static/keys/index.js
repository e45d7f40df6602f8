// The page's keys: the one place that listens for them. Scripts say what a binding of the table does (`keys.on`).
import { BINDINGS, CONTEXTS, Keys, LAYERS } from "./registry.js";

export const keys = new Keys({ contexts: CONTEXTS, layers: LAYERS, bindings: BINDINGS });

// A dialog is closed by the browser itself; nothing beneath it is.
keys.layer("dialog", () => document.querySelector("dialog[open]"), () => {});
document.addEventListener("keydown", (event) => keys.press(event));
