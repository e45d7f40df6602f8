// The fields of a draft as values: what is the same, what was changed, and how two people's texts become one.
// Touches no document.

export const FIELDS = [
  "category_code", "ward_code", "ward_name", "address", "pin", "level", "description",
  "reporter_name", "reporter_phone", "keep_identity", "safe_contact", "answer",
];

// A value of the server as a form has it.
export const text = (value) => (value === true ? "1" : value === false || value == null ? "" : String(value));

const digits = (number) => (number ?? "").replace(/[^\d+]/g, "").replace(/^(\+84|0084)/, "0");

// One number in two writings is the same number.
export function same(name, one, other) {
  if (name === "reporter_phone") return digits(one) === digits(other);
  return (one ?? "") === (other ?? "");
}

// The names of the fields in which these differ.
export const changes = (values, saved) => FIELDS.filter((name) => !same(name, values[name], saved[name]));

// Field by field: what the other person saved is taken where `mine` is as it was `saved`; only where both have written
// something else is a person asked. `theirs` is as the server says it. Answers `saved` as it is from now on, and what to
// `take` and to `ask` about, each `[name, theirs]`.
export function merge(mine, saved, theirs) {
  const done = { saved: { ...saved }, take: [], ask: [] };
  for (const name of FIELDS) {
    const their = text(theirs[name]);
    if (same(name, their, saved[name])) continue;
    done.saved[name] = their;
    if (same(name, mine[name], saved[name])) done.take.push([name, their]);
    else if (!same(name, mine[name], their)) done.ask.push([name, their]);
  }
  return done;
}

// Of text that was `kept` in the browser what a person is asked about: written there, and meanwhile something else was
// saved (`saved`). Answers `[name, mine, theirs]` of each.
export function disputed(kept, saved, now) {
  return changes(kept.values, kept.saved)
    .filter((name) => !same(name, saved[name], kept.saved[name]) && !same(name, saved[name], kept.values[name]))
    .filter((name) => same(name, now[name], saved[name]))
    .map((name) => [name, kept.values[name], saved[name]]);
}

// Of text that was `kept` in the browser what may come back: neither over what somebody else saved meanwhile, nor over
// what is being typed (`now`). Answers `[name, value]` of each.
export function comingBack(kept, saved, now) {
  return changes(kept.values, kept.saved)
    .filter((name) => same(name, saved[name], kept.saved[name]) && same(name, now[name], saved[name]))
    .map((name) => [name, kept.values[name]]);
}
