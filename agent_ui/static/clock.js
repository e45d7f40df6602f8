// Spans of time as a running clock shows them. Touches no document.

const two = (number) => String(number).padStart(2, "0");

// `4:05`, `1:02:09`; a span that has not begun is none.
export function running(milliseconds) {
  const whole = Math.max(0, Math.floor(milliseconds / 1000));
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  return hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}
