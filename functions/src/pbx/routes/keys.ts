import { createHash } from "node:crypto";
import { z } from "zod";
import { answerSchemas, defineRoute } from "../route.ts";

const keyAnswer = z
  .object({ accepted: z.boolean(), pbx_id: z.string().optional() })
  .register(answerSchemas, { id: "KeyStanding" });

/** `GET /keys/{sha256}`: whether this service accepts a key. */
export const keyRoute = defineRoute({
  method: "get",
  path: "/keys/{sha256}",
  name: "getKey",
  summary: "Whether the service accepts a key, by its digest; for `ops doctor`",
  scope: "keys",
  params: z.object({
    sha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/, "must be 64 hex digits in lower case")
      .meta({ examples: [createHash("sha256").update("the key of a PBX").digest("hex")] }),
  }),
  answers: {
    200: {
      description: "Whether the key is accepted, and the PBX that it is for (text: `ACCEPTED`, `REFUSED`)",
      schema: keyAnswer,
      example: { accepted: true, pbx_id: "pbx-1" },
    },
  },
  run: async (_services, { keys, params: { sha256 } }) => {
    const key = await keys.findByDigest(sha256);
    if (key === undefined) return { status: 200, body: { accepted: false }, text: "REFUSED" };
    return { status: 200, body: { accepted: true, pbx_id: key.id }, text: "ACCEPTED" };
  },
});
