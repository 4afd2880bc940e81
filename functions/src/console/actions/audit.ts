import { Timestamp } from "firebase-admin/firestore";
import { z } from "zod";
import { auditRef, readRecord } from "../../audit/audit.ts";
import { pageInput, readPage } from "../cursor.ts";
import { action } from "../action.ts";
import { time } from "../inputs.ts";
import { isoTime } from "../show/time.ts";

const usualMs = 30 * 24 * 60 * 60_000;

/** The changes that operators made, by commands and in the console, newest first. */
export const audit = action<"audit">()(
  z.strictObject({ ...pageInput, since: time.optional() }),
  async ({ services }, { since = services.clock.now() - usualMs, ...page }) => {
    return readPage(
      {
        query: auditRef(services.db).where("at", ">=", Timestamp.fromMillis(since)),
        sortedBy: "at",
        direction: "desc",
        read: (document) => {
          const { at, who, from, what, subject, result, outcome = "unfinished" } = readRecord(document);
          const told = result === undefined ? {} : { result };
          return { at: isoTime(at.toMillis()), who, from, what, subject, ...told, outcome };
        },
      },
      page,
    );
  },
);
