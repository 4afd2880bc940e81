import { finished } from "node:stream";
import type { RequestHandler } from "express";
import type { Services } from "../services.ts";
import { sendReply, tryAgainReply } from "./reply.ts";

/**
 * Refuses what comes while `most` requests are under way: a PBX that hears so at once goes on to its next server or to the
 * phone on the desk, where one in a queue waits for an answer that comes too late. Told to the log once a second.
 */
export function limitInFlight(most: number, { clock, log }: Pick<Services, "clock" | "log">): RequestHandler {
  let underWay = 0;
  let refused = 0;
  let toldAt = 0;
  return (request, response, next) => {
    if (underWay < most) {
      underWay += 1;
      // Also when the client has gone before: a place that nobody gives back would be lost for good.
      finished(response, () => (underWay -= 1));
      return next();
    }
    refused += 1;
    if (clock.now() - toldAt >= 1000) {
      log.warn("instance_full", { underWay, refused });
      refused = 0;
      toldAt = clock.now();
    }
    return sendReply(request, response, tryAgainReply("Too much at once; ask again in a moment"));
  };
}
