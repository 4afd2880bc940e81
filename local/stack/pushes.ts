import { readField } from "./demo-user.ts";

/** The pushes to a phone: the data of each. */
export interface Pushes {
  /** Resolves with the next one. */
  next(): Promise<Readonly<Record<string, unknown>>>;
  close(): void;
}

/** Listens for a phone's pushes at the FCM emulator; resolves once the stream is open, so that none is missed. */
export async function listenForPushes(streamUrl: string): Promise<Pushes> {
  const closing = new AbortController();
  const { ok, status, body } = await fetch(streamUrl, { signal: closing.signal });
  if (!ok || body === null) throw new Error(`The phone's stream answered ${status}`);
  // Piped at once: fetch cancels a body that nobody has begun to read when its response is collected as garbage.
  const events = readEvents(body.pipeThrough(new TextDecoderStream()));
  return {
    next: async () => {
      const { value, done } = await events.next();
      if (done === true) throw new Error("The phone's stream has ended");
      return Object(readField(readField(JSON.parse(value), "message"), "data"));
    },
    close: () => closing.abort(),
  };
}

/** The data of server-sent events: https://html.spec.whatwg.org/multipage/server-sent-events.html */
async function* readEvents(chunks: AsyncIterable<string>): AsyncGenerator<string, undefined> {
  let text = "";
  for await (const chunk of chunks) {
    const events = (text + chunk).split("\n\n");
    text = events.pop() ?? "";
    for (const event of events) {
      const data = /^data: (.*)$/m.exec(event)?.[1];
      if (data !== undefined) yield data;
    }
  }
}
