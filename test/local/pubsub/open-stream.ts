import { once } from "node:events";

import type { protos } from "@google-cloud/pubsub";

import { readPulled, type Pulled, type Setup } from "./setup.ts";

type Request = protos.google.pubsub.v1.IStreamingPullRequest;
type Response = protos.google.pubsub.v1.IStreamingPullResponse;
type Refusal = Error & { code: number };

/** A StreamingPull on the wire, without the client library's own leases and flow control. */
export class OpenStream {
  /** Everything received, oldest first. */
  readonly received: Pulled[] = [];
  readonly #stream: ReturnType<Setup["subscriber"]["streamingPull"]>;
  #refusal: Refusal | undefined;
  #waiting: (() => void)[] = [];

  constructor(setup: Setup, subscription: string, request: Request = {}) {
    this.#stream = setup.subscriber.streamingPull();
    this.#stream.on("data", ({ receivedMessages }: Response) => {
      this.received.push(...readPulled(receivedMessages));
      this.#tellWaiting();
    });
    this.#stream.on("error", (refusal: Refusal) => {
      this.#refusal = refusal;
      this.#tellWaiting();
    });
    this.send({ subscription, streamAckDeadlineSeconds: 10, ...request });
  }

  send(request: Request): void {
    this.#stream.write(request);
  }

  /** Waits until so many messages have come. */
  async until(count: number): Promise<Pulled[]> {
    while (this.received.length < count) {
      if (this.#refusal) throw this.#refusal;
      await this.#untilTold();
    }
    return this.received;
  }

  /** Waits for the status code with which the server ends the stream. */
  async untilRefused(): Promise<number> {
    while (this.#refusal === undefined) await this.#untilTold();
    return this.#refusal.code;
  }

  ack(...pulled: Pulled[]): void {
    this.send({ ackIds: pulled.map(({ ackId }) => ackId) });
  }

  nack(...pulled: Pulled[]): void {
    this.send({ modifyDeadlineAckIds: pulled.map(({ ackId }) => ackId), modifyDeadlineSeconds: pulled.map(() => 0) });
  }

  /** Breaks the stream off. */
  async cancel(): Promise<void> {
    const closed = once(this.#stream, "status");
    this.#stream.cancel();
    await closed;
  }

  async #untilTold(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  #tellWaiting(): void {
    for (const tell of this.#waiting.splice(0)) tell();
  }
}
