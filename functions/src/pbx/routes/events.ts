import { z } from "zod";
import { InvalidRequest } from "../../errors.ts";
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
    const reason = findReasonToIgnore(body, services.config.trunkContextPrefix);
    if (reason !== undefined) return { status: 202, body: { ignored: true, reason }, text: "IGNORED" };
    return wakeRoute.run(services, { ...request, body: readCall(body.data ?? {}) });
  },
});

type Event = z.output<typeof eventBody>;

/** An outgoing call shows the same trunk, with `s` or nothing for an exten. */
function findReasonToIgnore({ type, data }: Event, trunkContextPrefix: string): string | undefined {
  if (type !== 3) return "not_a_pbx_event";
  if (data?.["Event"] !== "Newchannel") return "not_a_new_channel";
  const { Context: context, Exten: exten } = data;
  if (typeof context !== "string" || !context.startsWith(trunkContextPrefix)) return "not_a_trunk";
  return typeof exten === "string" && /^\+?\d+$/.test(exten) ? undefined : "not_an_incoming_call";
}

/** The event in the words of `POST /calls`. Every channel of a call has one Linkedid: duplicates ring once. */
function readCall(data: Readonly<Record<string, unknown>>): unknown {
  const linkedId = data["Linkedid"] || data["Uniqueid"];
  if (linkedId === undefined) {
    throw new InvalidRequest("invalid_request", "The event names no call", [
      { path: "data.Linkedid", message: "is required" },
    ]);
  }
  return {
    call_id: linkedId,
    exten: data["Exten"],
    caller_id: hideUnknown(data["CallerIDNum"]),
    caller_name: hideUnknown(data["CallerIDName"]),
  };
}

/** Asterisk's word for nothing. */
function hideUnknown(value: unknown): unknown {
  return value === "<unknown>" ? "" : value;
}
