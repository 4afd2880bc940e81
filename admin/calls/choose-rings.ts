import { listKeys } from "../../functions/src/keys/manage-keys.ts";
import { listSpellings } from "../../functions/src/lines/similar-lines.ts";
import { isProbe } from "../../functions/src/probe/probe-phones.ts";
import type { RingSpan } from "../../functions/src/rings/list-rings.ts";
import { lineOf, type Ring } from "../../functions/src/rings/ring.ts";
import type { Services } from "../../functions/src/services.ts";
import { getUid } from "../devices/find-device.ts";

/** How an operator chooses rings. */
export interface Choice {
  readonly exten?: string | undefined;
  /** Also rings of the exten as a PBX may have misspelt it. */
  readonly allowsSpellings?: boolean;
  /** A uid or an email. */
  readonly user?: string | undefined;
  readonly pbx?: string | undefined;
}

/** What is asked of Firestore, and which of the rings that come are meant. */
export interface Chosen {
  readonly asked: Omit<RingSpan, "from" | "to">;
  readonly fits: (ring: Ring) => boolean;
  /** Whether nearly every ring that comes is meant. */
  readonly isExact: boolean;
}

/** Firestore's limit of values in one query. */
const valuesPerQuery = 30;

/** Looks up whom the operator means. An exten is as its PBX dials it, or as its line is written. */
export async function chooseRings(services: Services, choice: Choice): Promise<Chosen> {
  const { exten, allowsSpellings = false, user, pbx: pbxId } = choice;
  const uid = user === undefined ? undefined : await getUid(services, user);
  const names =
    exten === undefined
      ? undefined
      : [exten, ...(allowsSpellings ? listSpellings(exten, services.config.countryCode) : [])];
  const extens = names === undefined ? undefined : await listExtens(services, names);
  const given = [exten, uid, pbxId].filter((one) => one !== undefined);
  return {
    asked: { extens, uid, pbxId },
    fits: (ring) => {
      const isNamed = names === undefined || names.includes(ring.exten) || names.includes(lineOf(ring));
      // The probe's calls are nobody's; they are shown to whoever asks for its PBX.
      if (pbxId === undefined && isProbe(ring)) return false;
      return isNamed && (uid === undefined || ring.uid === uid) && (pbxId === undefined || ring.pbxId === pbxId);
    },
    isExact: given.length < 2,
  };
}

/** How PBXs may dial lines of these names: a PBX whose key has a prefix dials what follows it. */
async function listExtens(services: Services, names: readonly string[]): Promise<readonly string[]> {
  const prefixes = (await listKeys(services)).flatMap(({ document }) => document?.extenPrefix ?? []);
  const behind = names.flatMap((name) =>
    prefixes
      .filter((prefix) => name.startsWith(prefix) && name.length > prefix.length)
      .map((prefix) => name.slice(prefix.length)),
  );
  return [...new Set([...names, ...behind])].slice(0, valuesPerQuery);
}
