// Text that is not on the server yet, kept in this browser for who typed it: sealed with a key that only their own
// sign-in brings, so that the next person at a shared desk finds nothing to read. It outlives the tab and the machine.
// On a page without https the browser seals nothing: then it is kept in the tab alone.

const OLD_MS = 7 * 24 * 3600 * 1000;
const PLACE = "hotline-text/";
const holder = document.querySelector('meta[name="vault"]');
const sealed = Boolean(holder && window.crypto?.subtle);
const store = sealed ? window.localStorage : window.sessionStorage;
const mine = `${PLACE}${holder?.dataset.person ?? ""}/`;
const bytes = (text) => Uint8Array.from(text.match(/../g) ?? [], (two) => parseInt(two, 16));
const hex = (buffer) => Array.from(new Uint8Array(buffer), (one) => one.toString(16).padStart(2, "0")).join("");
const key = sealed
  ? crypto.subtle.importKey("raw", bytes(holder.content), "AES-GCM", false, ["encrypt", "decrypt"])
  : null;
// One after the other: what was typed later is written later, and a drop is not overtaken.
let last = Promise.resolve();
const inTurn = (work) => (last = last.then(work, work));

async function seal(value) {
  const text = JSON.stringify(value);
  if (!sealed) return { at: Date.now(), text };
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const data = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, await key, new TextEncoder().encode(text));
  return { at: Date.now(), iv: hex(iv), data: hex(data) };
}

async function open(kept) {
  if (!sealed) return JSON.parse(kept.text);
  const how = { name: "AES-GCM", iv: bytes(kept.iv) };
  return JSON.parse(new TextDecoder().decode(await crypto.subtle.decrypt(how, await key, bytes(kept.data))));
}

function read(name) {
  try {
    return JSON.parse(store.getItem(name));
  } catch {
    return null;
  }
}

const names = () => Object.keys(store).filter((name) => name.startsWith(PLACE));

for (const name of names()) {
  const readable = !sealed && !name.startsWith(mine);
  if (readable || Date.now() - (read(name)?.at ?? 0) > OLD_MS) store.removeItem(name);
}

export const vault = {
  put: (code, value) => inTurn(async () => {
    const kept = JSON.stringify(await seal(value));
    try {
      store.setItem(mine + code, kept);
    } catch {
      // A browser that keeps nothing: the page works without.
    }
  }),
  // What was kept of this draft, or null; what cannot be opened is nobody's any more.
  get: async (code) => {
    const kept = read(mine + code);
    return kept && open(kept).catch(() => null);
  },
  drop: (code) => inTurn(() => store.removeItem(mine + code)),
  clear: () => inTurn(() => names().filter((name) => name.startsWith(mine)).forEach((name) => store.removeItem(name))),
  // The codes of which something is kept here, and since when.
  all: () => names().filter((name) => name.startsWith(mine))
    .map((name) => ({ code: name.slice(mine.length), at: read(name)?.at ?? 0 })),
};
