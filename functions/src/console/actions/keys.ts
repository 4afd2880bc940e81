import { z } from "zod";
import { refuseInput } from "../../errors.ts";
import { findSharedLines } from "../../keys/find-shared-lines.ts";
import { shortenDigest } from "../../keys/key-document.ts";
import {
  addKey as makeKey,
  listKeys,
  revokeKeys as revoke,
  rotateKey as rotate,
  stateOf,
  type StoredKey,
} from "../../keys/manage-keys.ts";
import { findNameFault } from "../../keys/name-fault.ts";
import { keyGrant } from "../../keys/pbx-key.ts";
import type { Services } from "../../services.ts";
import { action, makeChange, notFound } from "../action.ts";
import { pbxId, time } from "../inputs.ts";
import { describeKey } from "../show/key-row.ts";
import { showOnce } from "../show/new-key.ts";

/** The keys without their secrets, by PBX and age. */
export const keys = action<"keys">()(
  z.strictObject({ pbxId: pbxId.optional() }),
  async ({ services }, { pbxId: pbx }) => {
    const now = services.clock.now();
    return { rows: (await listKeys(services, pbx)).map((key) => describeKey(key, now)) };
  },
);

const newPbxId = pbxId.check(({ value, issues }) => {
  const message = findNameFault(value);
  if (message !== undefined) issues.push({ code: "custom", message, input: value });
});

const newKey = keyGrant.extend({
  pbxId: newPbxId,
  scopes: keyGrant.shape.scopes.default(["calls"]),
  // Firestore takes no lone surrogate. Only of new keys: a stored note must make no key unusable.
  note: keyGrant.shape.note.refine((text) => text?.isWellFormed() !== false, "must be well-formed Unicode"),
  expiresAt: time.optional(),
});

/** Makes a key. */
export const addKey = action<"addKey">()(newKey, async (asked, { expiresAt, ...grant }) => {
  const { services } = asked;
  if (expiresAt !== undefined && expiresAt <= services.clock.now()) {
    refuseInput([{ path: "expiresAt", message: "must be in the future" }]);
  }
  const subject = { pbx: grant.pbxId, scopes: grant.scopes.join(" ") };
  return makeChange(asked, { what: "keys add", subject }, async () => {
    const active = await listActive(services);
    const made = await makeKey(services, grant, expiresAt === undefined ? undefined : new Date(expiresAt));
    const others = active.filter((key) => key.pbxId === grant.pbxId);
    return showOnce(services, { pbxId: grant.pbxId, made, others, warnings: findSharedLines(grant, active) });
  });
});

/** Makes a key that allows what the PBX's newest one does; the older ones go on for a day. */
export const rotateKey = action<"rotateKey">()(z.strictObject({ pbxId }), async (asked, { pbxId: pbx }) => {
  const { services } = asked;
  const none = notFound(`${pbx} has no key that works`);
  // A name that no PBX has may be a key that was pasted by mistake: it must not be recorded.
  if ((await listActive(services, pbx)).length === 0) throw none;
  return makeChange(asked, { what: "keys rotate", subject: { pbx } }, async () => {
    const made = await rotate(services, pbx);
    if (made === undefined) throw none;
    const shown = showOnce(services, { pbxId: pbx, made, others: made.older, warnings: [] });
    return { ...shown, olderUntil: made.olderUntil.toISOString() };
  });
});

/** Revokes all keys of a PBX, or one. */
export const revokeKeys = action<"revokeKeys">()(
  z.strictObject({
    pbxId,
    sha256: z
      .string()
      .regex(/^[0-9a-f]{8,64}$/, "must be 8 to 64 hex digits")
      .optional(),
  }),
  async (asked, { pbxId: pbx, sha256 = "" }) => {
    const { services } = asked;
    const now = services.clock.now();
    const known = (await listKeys(services, pbx)).filter((key) => {
      return key.sha256.startsWith(sha256) && stateOf(key, now) !== "revoked";
    });
    if (known.length === 0) throw notFound(`${pbx} has no such key that could be revoked`);
    const subject = { pbx, ...(sha256 !== "" && { sha256: shortenDigest(sha256) }) };
    let result: Readonly<Record<string, string>> | undefined;
    const work = async () => {
      const { revoked, failed } = await revoke(services, pbx, sha256);
      const answer = { revoked: revoked.map(nameOf), failed: failed.map(({ key }) => nameOf(key)) };
      if (failed.length > 0) result = { revoked: answer.revoked.join(" "), notRevoked: answer.failed.join(" ") };
      return { ...answer, left: (await listActive(services, pbx)).length };
    };
    return makeChange(asked, { what: "keys revoke", subject }, work, () => {
      return result === undefined ? { isDone: true } : { isDone: false, result };
    });
  },
);

async function listActive(services: Services, pbx?: string): Promise<readonly StoredKey[]> {
  const now = services.clock.now();
  return (await listKeys(services, pbx)).filter((key) => stateOf(key, now) === "active");
}

function nameOf({ sha256 }: StoredKey): string {
  return shortenDigest(sha256);
}
