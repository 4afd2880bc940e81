import type { Query } from "firebase-admin/firestore";
import { z } from "zod";
import { deviceRefs, devicesRef, pickDevice, readDevice } from "../../devices/device.ts";
import { forgetDevice as forget } from "../../devices/unregister-device.ts";
import { extenNumber } from "../../lines/exten-number.ts";
import { documentId } from "../../parse-input.ts";
import { shortenRegistration } from "../../registration.ts";
import { readStored, ringsRef } from "../../rings/ring.ts";
import type { Services } from "../../services.ts";
import { findUsersByUid } from "../../users/find-users.ts";
import { userId } from "../../users/user-id.ts";
import { findServerSettings } from "../../users/user.ts";
import { pageInput, readPage } from "../cursor.ts";
import { action, makeChange, notFound } from "../action.ts";
import { getUid } from "../get-uid.ts";
import { userName } from "../inputs.ts";
import { describeDeviceRow, showSafely } from "../show/device-row.ts";
import { describeRings } from "../show/ring-row.ts";
import { isoTime } from "../show/time.ts";
import type { RingRow } from "../wire.ts";

/** Phones, those seen last first. */
export const devices = action<"devices">()(
  z.strictObject({
    ...pageInput,
    user: userName.optional(),
    exten: extenNumber.optional(),
    stale: z.boolean().optional(),
  }),
  async ({ services }, { user, exten, stale, ...page }) => {
    const uid = await getUid(services, user);
    const narrowed = narrow(devicesRef(services.db), uid, exten);
    const found = await readPage(
      {
        // A user has few phones: without a sort no index is needed for them.
        query: narrowed ?? devicesRef(services.db),
        ...(narrowed === undefined && ({ sortedBy: "lastSeenAt", direction: "desc" } as const)),
        leavesOut: stale !== undefined || (uid !== undefined && exten !== undefined),
        read: (document) => {
          const device = readDevice(document);
          if (uid !== undefined && device.uid !== uid) return undefined;
          return stale === undefined || device.stale === stale ? device : undefined;
        },
      },
      page,
    );
    const emails = await findUsersByUid(services, [...new Set(found.rows.map((device) => device.uid))]);
    return { ...found, rows: found.rows.map((device) => describeDeviceRow(device, emails.get(device.uid)?.email)) };
  },
);

function narrow(all: Query, uid: string | undefined, exten: string | undefined): Query | undefined {
  if (exten !== undefined) return all.where("extens", "array-contains", exten);
  return uid === undefined ? undefined : all.where("uid", "==", uid);
}

const deviceName = z.strictObject({
  uid: userId,
  deviceId: documentId(/^[^/\p{Cc}\p{Cs}]{1,200}$/u, "must be 1 to 200 characters without a slash"),
});

/** One phone with its facts and its user's last rings. */
export const device = action<"device">()(deviceName, async ({ services }, name) => {
  const { db } = services;
  const found = pickDevice(await db.getAll(...deviceRefs(db, name)), name);
  if (found === undefined) throw notFound("There is no such phone");
  const [users, server, rings] = await Promise.all([
    findUsersByUid(services, [found.uid]),
    findServerSettings(db, found.uid),
    listLastRings(services, found.uid),
  ]);
  const { createdAt, registration, voip, facts = {} } = found;
  return {
    ...describeDeviceRow(found, users.get(found.uid)?.email),
    createdAt: isoTime(createdAt.toMillis()),
    registration: shortenRegistration(registration),
    ...(voip !== undefined && { voip: { topic: voip.topic, environment: voip.environment } }),
    facts: Object.fromEntries(
      Object.entries(facts).map(([about, fact]) => [
        showSafely(found, about),
        typeof fact === "string" ? showSafely(found, fact) : fact,
      ]),
    ),
    ...(server !== null && {
      server: `${server.serverSSL ? "wss" : "ws"}://${server.serverAddress}:${server.serverPort}`,
    }),
    rings,
  };
});

const lastRings = 20;

async function listLastRings(services: Services, uid: string): Promise<readonly RingRow[]> {
  const { docs } = await ringsRef(services.db)
    .where("uid", "==", uid)
    .orderBy("createdAt", "desc")
    .limit(lastRings)
    .get();
  return describeRings(
    services,
    docs.flatMap((doc) => readStored(doc) ?? []),
  );
}

/** Forgets a phone; its app registers again at its next start. */
export const forgetDevice = action<"forgetDevice">()(deviceName, async (asked, name) => {
  const { db } = asked.services;
  // An id that no phone has may be a registration that was pasted by mistake: it must not be recorded.
  if (pickDevice(await db.getAll(...deviceRefs(db, name)), name) === undefined)
    throw notFound("There is no such phone");
  const { uid, deviceId } = name;
  return makeChange(asked, { what: "devices forget", subject: { deviceId, user: uid } }, async () => {
    return { isForgotten: (await forget(asked.services, name)) !== undefined };
  });
});
