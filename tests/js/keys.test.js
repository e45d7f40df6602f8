// One owner of the keys: no key has two meanings in one place, the inner place comes first, Escape closes one thing.
import assert from "node:assert/strict";
import { test } from "node:test";
import { BINDINGS, CONTEXTS, Keys, LAYERS, keyOf } from "../../agent_ui/static/keys/registry.js";

const press = (key, more = {}) => ({ key, prevented: false, preventDefault() { this.prevented = true; }, ...more });

const small = (bindings, more = {}) => new Keys({ contexts: ["list", "page"], layers: ["list", "menu"], bindings, ...more });

test("the keys of the pages do not contradict one another", () => {
  assert.doesNotThrow(() => new Keys({ contexts: CONTEXTS, layers: LAYERS, bindings: BINDINGS }));
});

test("two bindings of one key in one context are an error, in two contexts they are not", () => {
  assert.throws(() => small({ one: ["page", "Enter"], two: ["page", "Tab", "Enter"] }), /Enter means one and two in "page"/);
  assert.doesNotThrow(() => small({ one: ["page", "Enter"], two: ["list", "Enter"] }));
  assert.throws(() => small({ one: ["nowhere", "Enter"] }), /no context "nowhere"/);
});

test("a binding does one thing, and only what the table knows", () => {
  const keys = small({ one: ["page", "Enter"] });
  keys.on("one", () => {});
  assert.throws(() => keys.on("one", () => {}), /bound twice/);
  assert.throws(() => keys.on("other", () => {}), /no key is bound to other/);
  assert.throws(() => keys.layer("other", () => {}, () => {}), /no layer other/);
});

test("keys are written as people call them", () => {
  const cases = [
    [{ key: "?", shiftKey: true }, "?"],
    [{ key: "Enter", ctrlKey: true }, "Ctrl+Enter"],
    [{ key: "k", code: "KeyK", metaKey: true }, "Ctrl+K"],
    [{ key: "K", code: "KeyK", ctrlKey: true, shiftKey: true }, null],
    // On a Mac Alt and a letter type something else.
    [{ key: "å", code: "KeyA", altKey: true }, "Alt+A"],
    [{ key: "1", code: "Digit1", altKey: true }, "Alt+1"],
    [{ key: "a", code: "KeyA", altKey: true, ctrlKey: true }, null],
    [{ key: "ArrowDown", altKey: true }, null],
    [{ key: "Tab", shiftKey: true }, "Shift+Tab"],
    [{ key: "4", code: "Numpad4" }, "4"],
    // A form that the browser fills in.
    [{ key: undefined }, null],
  ];
  for (const [event, key] of cases) assert.equal(keyOf(event), key);
});

test("the inner context is asked first, and passes on what is not for it", () => {
  const keys = small({ take: ["list", "Enter"], send: ["page", "Enter"] });
  const done = [];
  let open = true;
  keys.on("send", () => { done.push("send"); });
  keys.on("take", () => { if (!open) return false; done.push("take"); });
  const first = press("Enter");
  keys.press(first);
  open = false;
  keys.press(press("Enter"));
  assert.deepEqual(done, ["take", "send"]);
  assert.equal(first.prevented, true);
});

test("a key that nobody wants is the browser's", () => {
  const keys = small({ take: ["list", "Enter"], send: ["page", "Enter"] });
  keys.on("take", () => false);
  const event = press("Enter");
  keys.press(event);
  keys.press(press("x"));
  assert.equal(event.prevented, false);
});

test("a key held down and letters being put together count where a binding says so", () => {
  const keys = small({ move: ["list", "ArrowDown"], go: ["page", "Enter"] });
  const done = [];
  keys.on("move", () => { done.push("move"); }, { repeats: true, composing: true });
  keys.on("go", () => { done.push("go"); });
  for (const key of ["ArrowDown", "Enter"]) {
    keys.press(press(key, { repeat: true }));
    keys.press(press(key, { isComposing: true }));
  }
  assert.deepEqual(done, ["move", "move"]);
});

test("Escape closes the innermost open thing, one a press", () => {
  const keys = small({});
  const open = new Set(["menu", "list"]);
  // In whatever order the scripts come.
  for (const layer of ["menu", "list"]) keys.layer(layer, () => open.has(layer) && layer, (what) => open.delete(what));
  keys.press(press("Escape"));
  assert.deepEqual([...open], ["menu"]);
  keys.press(press("Escape"));
  keys.press(press("Escape"));
  assert.deepEqual([...open], []);
});

test("whoever waits for any key hears each", () => {
  const keys = small({});
  let count = 0;
  keys.onAny(() => { count += 1; });
  for (const key of ["a", "Escape", "Enter"]) keys.press(press(key));
  assert.equal(count, 3);
});
