// Which key does what where: the one table of all keys that a page hears. Touches no document.
//
// `CONTEXTS` stand from the innermost to the page. A binding is `name: [context, ...keys]`; a key is `Ctrl+Enter`, `Alt+A`,
// `Ctrl+K`, `Tab`, `?`. `Ctrl` is the Mac's Cmd too. No two bindings of one context have the same key; in different contexts
// the inner one is asked first, and passes on what is not for it.

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
  draftSend: ["draft", "Ctrl+Enter"],
  draftOffer: ["draft", ...digits("123456789", "Alt+")],
  // A key presses the button that shows it: `data-key` of the telephone, `data-desk-key` of the cards.
  telephone: ["telephone", ...letters("AKIPRCG")],
  desk: ["page", ...letters("UMTYBHLNOQSX")],
  palette: ["page", "Ctrl+K"],
  help: ["page", "?"],
};
