import { randomBytes } from "node:crypto";

import { invalidArgument } from "./rpc-error.ts";

const shape = /^[0-9a-f]{16}-[0-9a-z]+$/;

/** Coins ack ids: an id of one run of the server means nothing to the next, so a late ack cannot hit another message. */
export class AckIds {
  readonly #run = randomBytes(8).toString("hex");
  #count = 0;

  next(): string {
    this.#count += 1;
    return `${this.#run}-${this.#count.toString(36)}`;
  }
}

/** Checks that ack ids could have come from a Pub/Sub server, this run's or another's. */
export function parseAckIds(ackIds: readonly string[] | null | undefined): readonly string[] {
  for (const ackId of ackIds ?? []) {
    if (!shape.test(ackId)) {
      throw invalidArgument(`You have passed an invalid ack ID to the service (ack_id=${ackId})`);
    }
  }
  return ackIds ?? [];
}
