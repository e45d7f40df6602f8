// The server's stream of events, as `Connection` opens it: in the worker of a browser, or in a page.

export function openStream(url, hear) {
  const source = new EventSource(url);
  for (const event of ["resync", "change", "away", "beat"]) {
    source.addEventListener(event, ({ data }) => hear(event, data));
  }
  source.addEventListener("error", () => hear("lost", source.readyState === EventSource.CLOSED));
  return () => source.close();
}
