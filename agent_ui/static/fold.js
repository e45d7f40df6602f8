// Words as a search compares them: without accents, capitals and signs. Touches no document.

export const fold = (text) => text.toLowerCase().replaceAll("đ", "d").normalize("NFD")
  .replace(/\p{M}/gu, "").replace(/[^a-z0-9]+/g, " ").trim();

// Whether each word that is typed stands somewhere in a text that is folded already.
export const has = (folded, typed) => fold(typed).split(" ").every((word) => folded.includes(word));
