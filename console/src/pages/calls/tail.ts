import type { CallFilter, RingRow } from "../../../../functions/src/console/wire.ts";
import type { Ask } from "../../service/ask.ts";
import { poll } from "../../service/poll.ts";

/** After an error the tail asks again, in milliseconds. */
const retryMs = 5_000;

/** What is told of the calls. */
export interface TailListener {
  /** New and changed rings. */
  readonly rows: (rows: readonly RingRow[]) => void;
  /** There were more than the tail shows. */
  readonly cut: () => void;
  /** An error; `undefined` once it is over. */
  readonly error: (error: unknown) => void;
}

/** Follows the calls until the returned function is called. */
export function followCalls(ask: Ask, filter: CallFilter, on: TailListener): () => void {
  let cursor: string | undefined;
  return poll(async () => {
    try {
      const tail = await ask("tail", { ...filter, ...(cursor !== undefined && { cursor }) });
      if (tail.isCut && cursor !== undefined) on.cut();
      cursor = tail.cursor;
      on.error(undefined);
      on.rows(tail.rows);
      return tail.askAgainMs;
    } catch (error) {
      on.error(error);
      return retryMs;
    }
  });
}
