// Texts as people write and read them: clocks, words without accents, places, sizes, addresses. Touches no document.

const two = (number) => String(number).padStart(2, "0");

// `4:05`, `1:02:09`; a span that has not begun is none.
export function running(milliseconds) {
  const whole = Math.max(0, Math.floor(milliseconds / 1000));
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  return hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

// Words as a search compares them: without accents, capitals and signs.
export const fold = (text) => text.toLowerCase().replaceAll("đ", "d").normalize("NFD")
  .replace(/\p{M}/gu, "").replace(/[^a-z0-9]+/g, " ").trim();

// Whether each word that is typed stands somewhere in a text that is folded already.
export const has = (folded, typed) => fold(typed).split(" ").every((word) => folded.includes(word));

// First letters, as people abbreviate: `Bảo hiểm y tế` → `bhyt`. Parts that a sign divides are abbreviated alone.
const initials = (text) => text.split(/[,;/()–-]+/).map((part) => fold(part).split(" ").map((word) => word[0] ?? "").join(""));

// What a choice is found by: its name, other words for it, and the first letters of each.
export const findable = (name, others = []) => [name, ...others, ...initials(name), ...others.flatMap(initials)]
  .map(fold).filter(Boolean).join(" · ");

// `10.36, 106.36` → [10.36, 106.36]; null for what is no place.
export function coordinates(text) {
  const found = /^\s*(-?\d{1,3}(?:\.\d+)?)\s*[,;]\s*(-?\d{1,3}(?:\.\d+)?)\s*$/.exec(text);
  const [latitude, longitude] = found ? [Number(found[1]), Number(found[2])] : [NaN, NaN];
  return Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180 ? [latitude, longitude] : null;
}

// `87 kB`, `1,5 MB`, in the figures of that language.
export function sizeOf(bytes, language) {
  const large = bytes >= 100 * 1024;
  const number = bytes / 1024 / (large ? 1024 : 1);
  const digits = { maximumFractionDigits: large ? 1 : 0 };
  return `${number.toLocaleString(language, digits)} ${large ? "MB" : "kB"}`;
}

// An address to share names what was asked for, not every field that was left empty.
export function shared(action, base) {
  const url = new URL(action, base);
  for (const [name, value] of [...url.searchParams]) {
    if (!value) url.searchParams.delete(name);
  }
  return url.pathname + url.search;
}
