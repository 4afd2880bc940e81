import { finished } from "node:stream";
import type { RequestHandler } from "express";
import type { Services } from "../services.ts";
import { sendReply, tryAgainReply } from "./reply.ts";

/**
 * Refuses a request while `most` others are in flight. A PBX that is refused at once goes on to its next server or to the
 * desk phone; in a queue it would wait for an answer that comes too late. Logged once a second.
 */
export function limitInFlight(most: number, { clock, log }: Pick<Services, "clock" | "log">): RequestHandler {
  let underWay = 0;
  let refused = 0;
  let toldAt = 0;
  return (request, response, next) => {
    if (underWay < most) {
      underWay += 1;
      // `finished` also calls back for a client that is gone already: otherwise its place would be lost for good.
      finished(response, () => (underWay -= 1));
      return next();
    }
    refused += 1;
    if (clock.now() - toldAt >= 1000) {
      log.warn("instance_full", { underWay, refused });
      refused = 0;
      toldAt = clock.now();
    }
    return sendReply(request, response, tryAgainReply("Too many requests in flight; retry the same request"));
  };
}
