// Key bindings: the table of all keys by context, dispatch from the innermost context outwards, and layers for Escape.
// No DOM.

// `CONTEXTS` are ordered from the innermost to the page. A binding is `name: [context, ...keys]`; a key is
// `Ctrl+Enter`, `Alt+A`, `Ctrl+K`, `Tab`, `?`. `Ctrl` is the Mac's Cmd too. No two bindings of one context have the
// same key; in different contexts the inner one runs first, and may pass the key on.

export const CONTEXTS = ["list", "palette", "pin dialog", "map", "places", "tour", "emergency", "draft", "telephone", "page"];

// What Escape closes, one thing a press: the first of these that is open.
export const LAYERS = ["list", "dialog", "menu", "why", "tour"];

const letters = (all) => [...all].map((letter) => `Alt+${letter}`);
const digits = (all, before = "") => [...all].map((digit) => before + digit);

export const BINDINGS = {
  listMove: ["list", "ArrowDown", "ArrowUp"],
  listTake: ["list", "Enter"],
  // What is being chosen is taken before the form goes out.
  listTakeAndSend: ["list", "Ctrl+Enter"],
  listTakeAndGoOn: ["list", "Tab"],
  paletteMove: ["palette", "ArrowDown", "ArrowUp"],
  paletteOpen: ["palette", "Enter"],
  paletteOpenElsewhere: ["palette", "Ctrl+Enter"],
  pinEnter: ["pin dialog", "Enter"],
  pinHere: ["map", "Enter"],
  firstPlace: ["places", "Enter"],
  tourMove: ["tour", "ArrowLeft", "ArrowRight"],
  emergencyService: ["emergency", ...digits("0123456789")],
  draftEnter: ["draft", "Enter"],
  draftSend: ["draft", "Ctrl+Enter"],
  draftOffer: ["draft", ...digits("123456789", "Alt+")],
  // A key presses the button that shows it: `data-key` of the telephone, `data-desk-key` of the cards.
  telephone: ["telephone", ...letters("AKIPRCG")],
  desk: ["page", ...letters("UMTYBHLNOQSXV")],
  palette: ["page", "Ctrl+K"],
  help: ["page", "?"],
};

// The name of a keydown event in the table, or null. Letters and digits with Alt go by `code`, because with Alt they
// often type another character; other characters go by `key`, whatever was held down to type them.
export function keyOf(event) {
  const { key, code, altKey, shiftKey } = event;
  // Some browsers fill a form in with a press that has none.
  if (!key) return null;
  const ctrlKey = event.ctrlKey || event.metaKey;
  const place = /^(?:Key|Digit)([A-Z0-9])$/.exec(code ?? "")?.[1];
  const sign = key.length === 1;
  if (altKey) return place && !ctrlKey && !shiftKey ? `Alt+${place}` : null;
  if (ctrlKey && sign) return shiftKey ? null : `Ctrl+${key.toUpperCase()}`;
  if (ctrlKey) return `Ctrl+${key}`;
  return shiftKey && !sign ? `Shift+${key}` : key;
}

export class Keys {
  #contexts;
  #names = new Map();
  #does = new Map();
  #layers = new Map();
  #any = [];

  // Throws for two bindings of one key in one context, and for an unknown context.
  constructor({ contexts, layers, bindings }) {
    this.#contexts = contexts.map(() => new Map());
    for (const layer of layers) this.#layers.set(layer, null);
    for (const [name, [context, ...keys]] of Object.entries(bindings)) {
      const at = this.#contexts[contexts.indexOf(context)];
      if (!at) throw new Error(`${name}: there is no context "${context}"`);
      for (const key of keys) {
        if (at.has(key)) throw new Error(`${key} means ${at.get(key)} and ${name} in "${context}"`);
        at.set(key, name);
      }
      this.#names.set(name, keys);
    }
  }

  // Registers what a binding does: `run(event, key)`. It returns false where it does not apply now; then outer contexts
  // follow. `prevents`: calls preventDefault. `repeats`: also for a key that is held down. `composing`: also while an
  // input method composes.
  on(name, run, { prevents = true, repeats = false, composing = false } = {}) {
    if (!this.#names.has(name)) throw new Error(`no key is bound to ${name}`);
    if (this.#does.has(name)) throw new Error(`${name} is bound twice`);
    this.#does.set(name, { run, prevents, repeats, composing });
  }

  // Registers what Escape closes: `open()` returns something true where it is open, `close(what, event)` gets that.
  layer(name, open, close) {
    if (this.#layers.get(name) !== null) throw new Error(`there is no layer ${name}, or it is there twice`);
    this.#layers.set(name, { open, close });
  }

  // Calls `run` for each key, whatever it is.
  onAny(run) {
    this.#any.push(run);
  }

  press(event) {
    for (const run of this.#any) run();
    const key = keyOf(event);
    if (event.key === "Escape") return this.#escape(event);
    for (const context of key ? this.#contexts : []) {
      const does = this.#does.get(context.get(key));
      if (!does || (event.repeat && !does.repeats) || (event.isComposing && !does.composing)) continue;
      if (does.run(event, key) === false) continue;
      if (does.prevents) event.preventDefault();
      return;
    }
  }

  #escape(event) {
    for (const layer of this.#layers.values()) {
      const what = layer?.open();
      if (!what) continue;
      layer.close(what, event);
      return;
    }
  }
}
