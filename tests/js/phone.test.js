// The telephone's state: read once for all, and told with what has begun.
import assert from "node:assert/strict";
import { test } from "node:test";
import { NOTHING, PhoneStore } from "../../agent_ui/static/phone/state.js";

const ring = (call, name = "") => ({ call, name });

function followed() {
  const store = new PhoneStore();
  const told = [];
  store.subscribe((state, begun) => told.push({ state, begun }));
  return { store, told, last: () => told.at(-1) };
}

test("nothing goes on before the page was read", () => {
  assert.deepEqual(new PhoneStore().state, NOTHING);
});

test("all subscribers hear the same state, and may ask for it later", () => {
  const { store, last } = followed();
  let other;
  store.subscribe((state) => { other = state; });
  store.take({ talking: ["7"], engaged: true, spoken: true });
  assert.equal(other, last().state);
  assert.equal(store.state, other);
  assert.deepEqual(other, { ...NOTHING, talking: ["7"], engaged: true, spoken: true });
  assert.throws(() => { store.state.engaged = false; }, TypeError);
});

test("a ring has begun once, and again when it rings anew", () => {
  const { store, last } = followed();
  store.take({ ringing: [ring("7", "Lan")] });
  assert.deepEqual(last().begun.ringing, [ring("7", "Lan")]);
  store.take({ ringing: [ring("7", "Lan"), ring("8")] });
  assert.deepEqual(last().begun.ringing, [ring("8")]);
  store.take({});
  store.take({ ringing: [ring("7", "Lan")] });
  assert.deepEqual(last().begun.ringing, [ring("7", "Lan")]);
});

test("a talk on hold is not begun anew, nor an emergency that was there", () => {
  const { store, last } = followed();
  store.take({ talking: ["7"], emergencies: ["618033990"] });
  assert.deepEqual([last().begun.talking, last().begun.emergencies], [["7"], ["618033990"]]);
  store.take({});
  store.take({ talking: ["7", "8"], emergencies: ["618033990"] });
  assert.deepEqual([last().begun.talking, last().begun.emergencies], [["8"], []]);
});

test("what the page showed at first has not begun for who comes later", () => {
  const store = new PhoneStore();
  store.take({ talking: ["7"] });
  let begun;
  store.subscribe((_state, fresh) => { begun = fresh; });
  store.take({ talking: ["7"] });
  assert.deepEqual(begun.talking, []);
});
