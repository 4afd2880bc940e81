import { createHash } from "node:crypto";
import { Timestamp } from "firebase-admin/firestore";
import { buildDeviceDocId, type Device } from "../devices/device.ts";
import type { Services } from "../services.ts";

/** The PBX that the probe is. Its rings are in no statistics, no alert and no log of calls. */
export const probePbxId = "pbx-push-probe";

/** The exten that it rings. */
export const probeExten = "0";

/** The user of its phones; Firebase Auth has none of this uid. */
const uid = probePbxId;

/** In the form of FCM's tokens, and none: theirs are random. */
const fcmToken = `cpbxpushprobe000000000:APA91b${"0".repeat(134)}`;

/** In the form of Apple's tokens, and none: a phone has this one as soon as it has the text of a hash. */
const voipToken = createHash("sha256").update(probePbxId).digest("hex");

/** Whether a ring, or its announcement, is the probe's. */
export function isProbe({ pbxId }: { readonly pbxId: string }): boolean {
  return pbxId === probePbxId;
}

/** The topics that a phone of the probe has, one for each app; a phone without a VoIP token, if there is none. */
function listTopics({ config }: Pick<Services, "config">): readonly (string | undefined)[] {
  return config.apnsTopics.length === 0 ? [undefined] : config.apnsTopics;
}

/**
 * The phones of the probe, which cannot exist. They are in no database: so they are forgotten by nobody, and are in no
 * audience, no campaign, no list and no sweep.
 */
export function buildProbePhones({ config, clock }: Pick<Services, "config" | "clock">): readonly Device[] {
  const now = Timestamp.fromMillis(clock.now());
  return listTopics({ config }).map((topic, nth) => {
    const name = { uid, deviceId: topic ?? `probe-${nth}` };
    return {
      ...name,
      id: buildDeviceDocId(name),
      extens: [probeExten],
      platform: topic === undefined ? "android" : "ios",
      registration: { kind: "token", value: fcmToken },
      // Apple's other environment is not asked: a key may well be for production only.
      ...(topic !== undefined && { voip: { token: voipToken, topic, environment: "production", isSure: true } }),
      audienceShard: "",
      appVersion: null,
      locale: null,
      createdAt: now,
      lastSeenAt: now,
      stale: false,
    };
  });
}
