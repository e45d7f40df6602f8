// Sizes and addresses as people read and share them. Touches no document.

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
