import { FieldPath } from "firebase-admin/firestore";
import { z } from "zod";
import { extenNumber } from "../../lines/exten-number.ts";
import { assignLine as assign, findLine, linesRef, releaseLine } from "../../lines/lines.ts";
import { findUsers, findUsersByUid, isUnverified } from "../../users/find-users.ts";
import { pageInput, readPage } from "../cursor.ts";
import { action, makeChange, notFound, notPossible } from "../action.ts";
import { getUid } from "../get-uid.ts";
import { userName } from "../inputs.ts";

/** The first text after all that begin with a prefix of digits, `*`, `#` and `+`. */
const afterDigits = "~";

/** Lines in the order of their extens. */
export const lines = action<"lines">()(
  z.strictObject({ ...pageInput, exten: extenNumber.optional(), user: userName.optional() }),
  async ({ services }, { exten, user, ...page }) => {
    const uid = await getUid(services, user);
    const all = linesRef(services.db);
    const id = FieldPath.documentId();
    // A user has few lines: their extens are compared here, which needs no index.
    const ofUser = uid === undefined ? all : all.where("uid", "==", uid);
    const query =
      exten === undefined || uid !== undefined
        ? ofUser
        : all.where(id, ">=", exten).where(id, "<", `${exten}${afterDigits}`);
    const found = await readPage(
      {
        query,
        leavesOut: uid !== undefined && exten !== undefined,
        read: (document) => {
          if (exten !== undefined && !document.id.startsWith(exten)) return undefined;
          return { exten: document.id, uid: String(document.get("uid")) };
        },
      },
      page,
    );
    const users = await findUsersByUid(services, [...new Set(found.rows.map((line) => line.uid))]);
    return {
      ...found,
      rows: found.rows.map((line) => {
        const known = users.get(line.uid);
        return { ...line, ...(known?.email !== undefined && { email: known.email }), isKnown: known !== undefined };
      }),
    };
  },
);

/** Assigns an exten to a user, by uid or verified email; its former user loses it. */
export const assignLine = action<"assignLine">()(
  z.strictObject({ exten: extenNumber, user: userName }),
  async (asked, { exten, user: name }) => {
    const { services } = asked;
    const user = (await findUsers(services, [name])).get(name);
    if (user === undefined) throw notFound(`There is no user ${name}`);
    if (isUnverified(name, user)) {
      throw notPossible(`${name} is not verified; if it is theirs, name the uid: ${user.uid}`);
    }
    const { uid, email } = user;
    return makeChange(asked, { what: "lines assign", subject: { exten, user: uid } }, async () => {
      const former = await findLine(services, exten);
      await assign(services, { exten, uid });
      const formerUid = former?.uid === uid ? undefined : former?.uid;
      return {
        exten,
        uid,
        ...(email !== undefined && { email }),
        isKnown: true,
        ...(formerUid !== undefined && { formerUid }),
      };
    });
  },
);

/** Takes an exten from its user. */
export const unassignLine = action<"unassignLine">()(
  z.strictObject({ exten: extenNumber }),
  async (asked, { exten }) => {
    return makeChange(asked, { what: "lines unassign", subject: { exten } }, async () => {
      const line = await releaseLine(asked.services, exten);
      if (line === undefined) throw notFound(`${exten} is not assigned`);
      return line;
    });
  },
);
