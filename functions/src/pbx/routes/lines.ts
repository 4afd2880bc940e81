import { z } from "zod";
import { extenNumber } from "../../lines/exten-number.ts";
import { assignLine, findLine, releaseLine, type Line } from "../../lines/lines.ts";
import { findUsers, isUnverified } from "../../users/find-users.ts";
import { errorReply, failure } from "../reply.ts";
import { answerSchemas, defineRoute, type Reply } from "../route.ts";
import { lineBody } from "../schemas.ts";

const params = z.object({ exten: extenNumber });
const lineAnswer = z.object({ exten: z.string(), uid: z.string() }).register(answerSchemas, { id: "Line" });
const example = { exten: "07045144801", uid: "Zk3vR8cQyTfWq0aB5dLmN2xP7hJ1" };
const found = { description: "The line", schema: lineAnswer, example };
const unknownLine = failure("`unknown_line`: no user owns this exten");

/** The answer shows the exten as the PBX knows it. */
function lineReply(exten: string, line: Line | undefined): Reply {
  if (line === undefined) return errorReply(404, "unknown_line", "No user owns this exten");
  return { status: 200, body: { exten, uid: line.uid }, text: line.uid };
}

/** `PUT /lines/{exten}`: assigns the exten to a user; it rings that user's phones from now on. */
export const assignLineRoute = defineRoute({
  method: "put",
  path: "/lines/{exten}",
  name: "assignLine",
  summary: "Assign an exten to a user, by uid or email; the former user loses it",
  scope: "lines",
  params,
  body: lineBody,
  example: { email: "somebody@example.com" },
  answers: {
    200: found,
    404: failure("`unknown_user`: no user has this email"),
    409: failure("`unverified_email`: the user has not verified this email"),
  },
  run: async (services, { key, params: { exten }, body }) => {
    key.requireExten(exten);
    const assign = async (uid: string) =>
      lineReply(exten, await assignLine(services, { exten: key.lineOf(exten), uid }));
    if (body.uid !== undefined) return assign(body.uid);
    const { email = "" } = body;
    const user = (await findUsers(services, [email])).get(email);
    if (user === undefined) return errorReply(404, "unknown_user", "No user has this email");
    if (isUnverified(email, user)) return errorReply(409, "unverified_email", "The user has not verified this email");
    return assign(user.uid);
  },
});

/** `GET /lines/{exten}`: the user whose phones the exten rings. */
export const lineRoute = defineRoute({
  method: "get",
  path: "/lines/{exten}",
  name: "getLine",
  summary: "Get the owner of an exten",
  scope: "lines",
  params,
  answers: { 200: found, 404: unknownLine },
  run: async (services, { key, params: { exten } }) => {
    key.requireExten(exten);
    return lineReply(exten, await findLine(services, key.lineOf(exten)));
  },
});

/** `DELETE /lines/{exten}`: the exten rings no phone from now on. */
export const releaseLineRoute = defineRoute({
  method: "delete",
  path: "/lines/{exten}",
  name: "releaseLine",
  summary: "Remove an exten from its user",
  scope: "lines",
  params,
  answers: { 200: { ...found, description: "The line as it was" }, 404: unknownLine },
  run: async (services, { key, params: { exten } }) => {
    key.requireExten(exten);
    return lineReply(exten, await releaseLine(services, key.lineOf(exten)));
  },
});
