import { z } from "zod";
import { InvalidRequest } from "../../errors.ts";
import { readAnnouncedCall, type AnnouncedCall } from "../../pbx-event.ts";
import { failure } from "../reply.ts";
import { defineRoute } from "../route.ts";
import { eventBody } from "../schemas.ts";
import { wakeRoute } from "./calls.ts";

/** `POST /events`: an event of the PBX's WebSocket server, as it is; an incoming call on a trunk wakes the exten's phones. */
export const eventRoute = defineRoute({
  method: "post",
  path: "/events",
  summary: "Take an event of the PBX's WebSocket server; a Newchannel of a trunk is a call, anything else is ignored",
  scope: "calls",
  body: eventBody,
  answers: {
    200: wakeRoute.answers[200]!,
    202: { description: "Not a call", schema: z.object({ ignored: z.literal(true), reason: z.string() }) },
    404: failure("`no_devices`"),
    502: failure("`push_failed`"),
  },
  run: async (services, { body, ...request }) => {
    const call = readAnnouncedCall(body, services.config.trunkContextPrefixes);
    if (typeof call === "string") return { status: 202, body: { ignored: true, reason: call }, text: "IGNORED" };
    return wakeRoute.run(services, { ...request, body: buildBody(call) });
  },
});

/** The event in the words of `POST /calls`. Every channel of a call has one Linkedid: duplicates ring once. */
function buildBody({ linkedId, exten, callerId, callerName }: AnnouncedCall): unknown {
  if (linkedId === undefined) {
    throw new InvalidRequest("invalid_request", "The event names no call", [
      { path: "data.Linkedid", message: "is required" },
    ]);
  }
  return { call_id: linkedId, exten, caller_id: callerId, caller_name: callerName };
}
