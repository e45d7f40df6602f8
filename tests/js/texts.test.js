// What scripts read and write as text: clocks, words without accents, coordinates, sizes, addresses.
import assert from "node:assert/strict";
import { test } from "node:test";
import { coordinates, findable, fold, has, running, shared, sizeOf } from "../../agent_ui/static/texts.js";

test("a clock shows hours only when there are some, and nothing before it begins", () => {
  const cases = [[0, "0:00"], [65_900, "1:05"], [3_599_999, "59:59"], [3_729_000, "1:02:09"], [-5000, "0:00"]];
  for (const [span, shown] of cases) assert.equal(running(span), shown);
});

test("words are found without accents, capitals and signs, each of them anywhere", () => {
  assert.equal(fold("Đồng Tháp – Phường 1"), "dong thap phuong 1");
  const folded = fold("Chiếu sáng, điện");
  assert.ok(has(folded, "dien sang"));
  assert.ok(has(folded, "  "));
  assert.ok(!has(folded, "dien nuoc"));
});

test("a choice is found by its name, other words for it, and the first letters of each", () => {
  const health = findable("Y tế, an toàn thực phẩm", ["bảo hiểm y tế", "trạm xá"]);
  for (const typed of ["y te", "bhyt", "BHYT", "attp", "tram xa"]) assert.ok(has(health, typed), typed);
  for (const typed of ["csgt", "truong hoc"]) assert.ok(!has(health, typed), typed);
});

test("a place is read as people write it", () => {
  assert.deepEqual(coordinates(" 10.36, 106.3601 "), [10.36, 106.3601]);
  assert.deepEqual(coordinates("-10;106"), [-10, 106]);
  for (const none of ["", "10.36", "91, 10", "10, 181", "12 Lê Lợi, 3"]) assert.equal(coordinates(none), null, none);
});

test("sizes are in the figures of the language", () => {
  assert.equal(sizeOf(89_088, "vi"), "87 kB");
  assert.equal(sizeOf(1_572_864, "vi"), "1,5 MB");
  assert.equal(sizeOf(1_572_864, "en"), "1.5 MB");
});

test("an address to share names what was asked for", () => {
  assert.equal(shared("/tickets?q=%C4%91%C3%A8n&state=&ward=28249", "http://x/tickets"), "/tickets?q=%C4%91%C3%A8n&ward=28249");
  assert.equal(shared("/tickets?q=", "http://x/"), "/tickets");
});
