// A key means one offer until it is used: an offer keeps its number while others come and go.
import assert from "node:assert/strict";
import { test } from "node:test";
import { OfferNumbers } from "../../agent_ui/desk/static/offers.js";

const ids = (from, to) => Array.from({ length: to - from + 1 }, (_, index) => `offer ${from + index}`);

test("offers are numbered as they come, and keep their numbers", () => {
  const numbers = new OfferNumbers();
  assert.deepEqual(numbers.assign(["rubbish", "My Tho"]), [1, 2]);
  assert.deepEqual(numbers.assign(["water", "My Tho", "rubbish"]), [3, 2, 1]);
});

test("the number of an offer that was taken is not another offer's at the next press", () => {
  const numbers = new OfferNumbers();
  numbers.assign(["rubbish", "My Tho"]);
  assert.deepEqual(numbers.assign(["My Tho", "article"]), [2, 3]);
  assert.deepEqual(numbers.assign(["rubbish", "article"]), [1, 3]);
});

test("when all are given, the one that was gone for longest gives way", () => {
  const numbers = new OfferNumbers();
  numbers.assign(ids(1, 5));
  numbers.assign(ids(4, 9));
  assert.deepEqual(numbers.assign(["new", ...ids(4, 9)]), [1, 4, 5, 6, 7, 8, 9]);
  assert.deepEqual(numbers.assign(["newer", "new"]), [2, 1]);
});

test("more offers than keys: the rest have none", () => {
  const numbers = new OfferNumbers();
  assert.deepEqual(numbers.assign(ids(1, 11)), [1, 2, 3, 4, 5, 6, 7, 8, 9, null, null]);
});
