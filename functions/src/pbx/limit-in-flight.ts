import { finished } from "node:stream";
import type { RequestHandler } from "express";
import type { Services } from "../services.ts";
import { sendReply, tryAgainReply } from "./reply.ts";

/**
 * Refuses a request while `limit` others are in flight. A PBX that is refused at once tries its next server or the desk
 * phone; in a queue it would wait for an answer that comes too late. Logs once a second at most.
 */
export function limitInFlight(limit: number, { clock, log }: Pick<Services, "clock" | "log">): RequestHandler {
  let underWay = 0;
  let refused = 0;
  let loggedAt = 0;
  return (request, response, next) => {
    if (underWay < limit) {
      underWay += 1;
      // `finished` also fires for a client that is already gone; otherwise its slot would be lost for good.
      finished(response, () => (underWay -= 1));
      return next();
    }
    refused += 1;
    if (clock.now() - loggedAt >= 1000) {
      log.warn("instance_full", { underWay, refused });
      refused = 0;
      loggedAt = clock.now();
    }
    return sendReply(request, response, tryAgainReply("Too many requests in flight; retry the same request"));
  };
}
