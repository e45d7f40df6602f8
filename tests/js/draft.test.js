// A draft's fields as values: two people's texts become one, and nothing that was typed is lost or overwritten.
import assert from "node:assert/strict";
import { test } from "node:test";
import { FIELDS, changes, comingBack, disputed, merge, same, text } from "../../agent_ui/desk/static/draft-fields.js";

const blank = Object.fromEntries(FIELDS.map((name) => [name, ""]));
const filled = (values) => ({ ...blank, ...values });

test("one number in two writings is the same number, other fields are as they are written", () => {
  for (const other of ["0905 123 456", "+84905123456", "0084-905.123.456"]) {
    assert.ok(same("reporter_phone", "0905123456", other), other);
  }
  assert.ok(!same("reporter_phone", "0905123456", "0905123457"));
  assert.ok(!same("address", "12 Lê Lợi", "12  Lê Lợi"));
  assert.ok(same("address", undefined, ""));
});

test("the server's values are read as a form has them", () => {
  assert.deepEqual([true, false, null, undefined, 3, "x"].map(text), ["1", "", "", "", "3", "x"]);
});

test("only what was changed is told", () => {
  assert.deepEqual(changes(filled({ address: "A", level: "urgent" }), filled({ level: "urgent" })), ["address"]);
});

test("what only the other one wrote is taken", () => {
  const { saved, take, ask } = merge(blank, blank, { ...blank, address: "12 Lê Lợi", keep_identity: true });
  assert.deepEqual(take, [["address", "12 Lê Lợi"], ["keep_identity", "1"]]);
  assert.deepEqual(ask, []);
  assert.deepEqual(saved, filled({ address: "12 Lê Lợi", keep_identity: "1" }));
});

test("what only I wrote stays, and is still to be saved", () => {
  const mine = filled({ description: "Nước ngập" });
  const { saved, take, ask } = merge(mine, blank, { ...blank });
  assert.deepEqual([take, ask], [[], []]);
  assert.deepEqual(changes(mine, saved), ["description"]);
});

test("where both wrote, a person is asked, unless both wrote the same", () => {
  const before = filled({ description: "Nước", address: "12" });
  const mine = filled({ description: "Nước ngập", address: "12 Lê Lợi" });
  const done = merge(mine, before, { ...before, description: "Nước yếu", address: "12 Lê Lợi" });
  assert.deepEqual(done.ask, [["description", "Nước yếu"]]);
  assert.deepEqual(done.take, []);
  // My text is a change of theirs from now on.
  assert.deepEqual(changes(mine, done.saved), ["description"]);
});

test("kept text comes back where nobody wrote since", () => {
  const kept = { values: filled({ description: "Gõ dở", address: "12", level: "urgent" }), saved: blank };
  assert.deepEqual(comingBack(kept, blank, blank), [["address", "12"], ["level", "urgent"], ["description", "Gõ dở"]]);
  // Another person saved an address, and the level is being chosen here.
  const served = filled({ address: "14" });
  const now = { ...served, level: "normal" };
  assert.deepEqual(comingBack(kept, served, now), [["description", "Gõ dở"]]);
  // About the address a person is asked.
  assert.deepEqual(disputed(kept, served, now), [["address", "12", "14"]]);
  assert.deepEqual(disputed(kept, blank, blank), []);
  assert.deepEqual(disputed(kept, filled({ address: "12" }), filled({ address: "12" })), []);
});
