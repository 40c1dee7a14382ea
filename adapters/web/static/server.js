// Talking to the server: requests that are tried again under the same id, and the stream of news.

export class Refusal extends Error {}

const wait = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

export const freshId = () =>
  // randomUUID exists only on secure origins, which loopback names are.
  crypto.randomUUID ? crypto.randomUUID() : String(Date.now()) + Math.random().toString(36).slice(2);

async function answerOf(response) {
  let body = {};
  try {
    body = await response.json();
  } catch {
    // A proxy's page instead of ours: the status is all there is.
  }
  if (!response.ok) throw new Refusal(body.error || `The server answered ${response.status}.`);
  return body;
}

export async function get(path, query = {}) {
  return answerOf(await fetch(`${path}?${new URLSearchParams(query)}`));
}

// Busy or out of reach: the same body, with the same id, goes out again. `tries` Infinity never gives up.
export async function post(path, body, { tries = 6, onWait = () => {} } = {}) {
  for (let n = 1; ; n += 1) {
    let response = null;
    try {
      response = await fetch(path, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(body),
      });
    } catch {
      // No connection. Fall through to waiting.
    }
    const later = response === null || response.status === 503;
    if (!later) return answerOf(response);
    if (n >= tries) throw new Refusal("Lanyard cannot be reached just now. Please try again.");
    onWait();
    const asked = Number(response?.headers.get("Retry-After"));
    await wait(asked > 0 ? asked : Math.min(8, 0.5 * 2 ** n));
  }
}

// A file, as it is. It is not tried again by itself: whoever put it in sees what became of it.
export async function putIn(file, query) {
  const headers = { "Content-Type": "application/octet-stream" };
  try {
    return await answerOf(await fetch(`/chat/file?${new URLSearchParams(query)}`, { method: "POST", headers, body: file }));
  } catch (error) {
    throw error instanceof Refusal ? error : new Refusal("It did not arrive. Leave it out, and put it in again.");
  }
}

export class Stream {
  constructor(by, after, { onMessage, onState, onWorking, onReset, onLine }) {
    this.source = new EventSource(`/chat/stream?${new URLSearchParams({ by, after })}`);
    this.source.addEventListener("message", (event) => onMessage(JSON.parse(event.data)));
    this.source.addEventListener("state", (event) => onState(JSON.parse(event.data), Number(event.lastEventId)));
    this.source.addEventListener("working", (event) => onWorking(JSON.parse(event.data).conversation));
    this.source.addEventListener("reset", () => onReset());
    this.source.addEventListener("open", () => onLine(true));
    this.source.addEventListener("error", () => {
      onLine(false);
      // The browser connects again by itself, except after an answer that was no stream.
      if (this.source.readyState === EventSource.CLOSED) this.again = setTimeout(onReset, 2000);
    });
  }

  close() {
    clearTimeout(this.again);
    this.source.close();
  }
}
