import { randomBytes } from "node:crypto";

import { invalidArgument } from "./rpc-error.ts";

const shape = /^[0-9a-f]{16}-[0-9a-z]+$/;

/** Creates ack ids. They are unique to a run of the server, so a late ack cannot hit another message. */
export class AckIds {
  readonly #run = randomBytes(8).toString("hex");
  #count = 0;

  next(): string {
    this.#count += 1;
    return `${this.#run}-${this.#count.toString(36)}`;
  }
}

/** Checks that ack ids have the form of this server's, of this run or another. */
export function parseAckIds(ackIds: readonly string[] | null | undefined): readonly string[] {
  for (const ackId of ackIds ?? []) {
    if (!shape.test(ackId)) {
      throw invalidArgument(`You have passed an invalid ack ID to the service (ack_id=${ackId})`);
    }
  }
  return ackIds ?? [];
}
