// A place on the earth as people write it. Touches no document.

// `10.36, 106.36` → [10.36, 106.36]; null for what is no place.
export function coordinates(text) {
  const found = /^\s*(-?\d{1,3}(?:\.\d+)?)\s*[,;]\s*(-?\d{1,3}(?:\.\d+)?)\s*$/.exec(text);
  const [latitude, longitude] = found ? [Number(found[1]), Number(found[2])] : [NaN, NaN];
  return Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180 ? [latitude, longitude] : null;
}
