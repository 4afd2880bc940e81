/** The parsed data of server-sent events, as they come. */
export async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<any> {
  let unread = "";
  for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
    const frames = (unread + chunk).split("\n\n");
    unread = frames.pop() ?? "";
    for (const frame of frames) if (frame.startsWith("data: ")) yield JSON.parse(frame.slice("data: ".length));
  }
}
