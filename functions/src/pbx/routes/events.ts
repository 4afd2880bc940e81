import { z } from "zod";
import { parseInput } from "../../parse-input.ts";
import { endRings } from "../../rings/end-rings.ts";
import { findCallOfRing } from "../../rings/find-rings.ts";
import type { RingEnd } from "../../rings/remember-end.ts";
import type { Services } from "../../services.ts";
import type { PbxKey } from "../../keys/pbx-key.ts";
import { readEvent, type EventMeaning } from "../read-event.ts";
import { failure } from "../reply.ts";
import { answerSchemas, defineRoute, type Reply } from "../route.ts";
import { callBody, callId, eventBody, ringId } from "../schemas.ts";
import { endRoute, wakeExten, wakeRoute } from "./calls.ts";

const takenAnswer = z
  .union([wakeRoute.answers[200]!.schema, endRoute.answers[200]!.schema])
  .register(answerSchemas, { id: "TakenEvent" });

const ignoredAnswer = z
  .object({ ignored: z.literal(true), reason: z.string() })
  .register(answerSchemas, { id: "IgnoredEvent" });

/** A call of a trunk, as the PBX's WebSocket server sends it. */
const exampleEvent = {
  type: 3,
  data: {
    Event: "Newchannel",
    Context: "trk-1",
    Exten: "07045144801",
    CallerIDNum: "01012345678",
    CallerIDName: "홍길동",
    Linkedid: "1763712000.17",
    Uniqueid: "1763712000.17",
  },
};

/** `POST /events`: an event of the PBX's WebSocket server, unchanged. */
export const eventRoute = defineRoute({
  method: "post",
  path: "/events",
  name: "takeEvent",
  summary:
    "Take an event of the PBX's WebSocket server: Newchannel of a trunk announces a ring, Hangup of that channel ends it, DialEnd and BridgeEnter are answers; anything else is ignored",
  scope: "calls",
  body: eventBody,
  example: exampleEvent,
  readsAnyText: true,
  answers: {
    200: {
      description:
        "As `POST /calls` for a new channel, with its Uniqueid as `ring_id`; as `POST /calls/{call_id}/end` for the others",
      schema: takenAnswer,
      ...(wakeRoute.answers[200]?.example && { example: wakeRoute.answers[200].example }),
    },
    202: {
      description: "Not about an announced ring; a Hangup is remembered in case its channel is announced later",
      schema: ignoredAnswer,
      example: { ignored: true, reason: "not_announced" },
    },
    404: failure("`no_devices`"),
    502: failure("`push_failed`"),
  },
  run: async (services, { body, ...request }) => {
    const event = readEvent(body, services.config.trunkContextPrefixes);
    switch (event.kind) {
      case "ignored":
        return ignoredReply(event.reason);
      case "announced":
        return wakeExten(services, { ...request, body: buildBody(event), isOneOfSeveral: true });
      case "hungUp":
        return hangUp(services, request.key, readIds(event));
      case "answered": {
        const { call_id } = readIds(event);
        return endReply(services, request.key, { call_id, reason: "answered_elsewhere" });
      }
    }
  },
});

function ignoredReply(reason: string): Reply {
  return { status: 202, body: { ignored: true, reason }, text: "IGNORED" };
}

/** The event as a body of `POST /calls`. */
function buildBody(event: Extract<EventMeaning, { kind: "announced" }>): z.output<typeof callBody> {
  const { exten, callerId, callerName } = event;
  return parseInput(callBody, { ...readIds(event), exten, caller_id: callerId, caller_name: callerName });
}

const ids = z.object({ data: z.object({ Linkedid: callId, Uniqueid: ringId.optional() }) });

/** The ids of call and ring; error messages name them as the event does. */
function readIds({ linkedId, ringId: uniqueId }: { readonly linkedId: unknown; readonly ringId?: unknown }) {
  const named = { Linkedid: linkedId, ...(uniqueId !== undefined && { Uniqueid: uniqueId }) };
  const { Linkedid: call_id, Uniqueid: ring_id } = parseInput(ids, { data: named }).data;
  return { call_id, ...(ring_id !== undefined && { ring_id }) };
}

/**
 * A channel that is bridged with an older one takes over its Linkedid, so its ring is found by the channel's own id.
 */
async function hangUp(services: Services, key: PbxKey, named: ReturnType<typeof readIds>): Promise<Reply> {
  const call_id = (await findCallOfRing(services, key.id, named.ring_id)) ?? named.call_id;
  return endReply(services, key, { ...named, call_id, reason: "cancelled" });
}

async function endReply(
  services: Services,
  key: PbxKey,
  end: { readonly call_id: string; readonly ring_id?: string | undefined } & Pick<RingEnd, "reason">,
): Promise<Reply> {
  const { call_id, ring_id: pbxRingId, reason } = end;
  const ended = await endRings(services, { pbxId: key.id, linkedId: call_id, pbxRingId, reason, extens: key.extens });
  if (ended === undefined) return ignoredReply("not_announced");
  return { status: 200, body: { call_id, ...ended }, text: `ENDED ${ended.notified}` };
}
