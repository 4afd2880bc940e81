import { listDevices } from "../devices/list-devices.ts";
import { listLines, type Line } from "../lines/lines.ts";
import type { Services } from "../services.ts";
import { findUsersByUid } from "../users/find-users.ts";
import { parseUser, userRef, type User } from "../users/user.ts";
import { fault, listSome, ok, warning, type Finding } from "./finding.ts";

/** Number of checked lines: each costs reads, and a sample shows a general fault. */
const usualLines = 2000;

/** Checks that lines have an owner, and that owners have phones and server settings. */
export async function checkLines(services: Services, maxLines = usualLines): Promise<readonly Finding[]> {
  const lines = (await readLines(services, maxLines)).slice(0, maxLines);
  if (lines.length === 0)
    return [
      warning(
        "no exten is assigned to a user",
        `npm run ops -- lines assign <exten> <user> --project ${services.config.projectId}`,
      ),
    ];
  const uids = [...new Set(lines.map(({ uid }) => uid))];
  const known = await findUsersByUid(services, uids);
  const users = await readUsers(
    services,
    uids.filter((uid) => known.has(uid)),
  );
  const phoneless = await findUidsWithoutDevice(services, [...known.keys()]);
  const findings = [
    ...findOrphans(lines.filter(({ uid }) => !known.has(uid))),
    ...findStrays(lines.filter(({ exten, uid }) => users.get(uid)?.extens.includes(exten) === false)),
    ...(phoneless.length === known.size ? findPhoneless(phoneless) : []),
    ...findUnsettled([...users].filter(([, user]) => user.serverSettings === null).map(([uid]) => uid)),
  ];
  if (findings.length > 0) return findings;
  const rest = phoneless.length === 0 ? "" : `; ${phoneless.length} of ${known.size} owners have no phone yet`;
  return [ok(`${lines.length} lines, each with an owner whose app knows its PBX${rest}`)];
}

async function readLines(services: Services, maxLines: number): Promise<readonly Line[]> {
  const lines: Line[] = [];
  for await (const page of listLines(services)) {
    lines.push(...page);
    if (lines.length >= maxLines) break;
  }
  return lines;
}

async function readUsers({ db }: Services, uids: readonly string[]): Promise<ReadonlyMap<string, User>> {
  if (uids.length === 0) return new Map();
  const snapshots = await db.getAll(...uids.map((uid) => userRef(db, uid)));
  return new Map(snapshots.map((snapshot) => [snapshot.id, parseUser(snapshot)]));
}

function findOrphans(lines: readonly Line[]): readonly Finding[] {
  if (lines.length === 0) return [];
  const seen = `lines whose user does not exist: ${listSome(lines.map(({ exten, uid }) => `${exten} (${uid})`))}`;
  return [fault(seen, `npm run ops -- lines assign ${lines[0]?.exten} <user>, or lines unassign ${lines[0]?.exten}`)];
}

function findStrays(lines: readonly Line[]): readonly Finding[] {
  if (lines.length === 0) return [];
  const seen = `lines that are missing in their user's document: ${listSome(lines.map(({ exten }) => exten))}`;
  return [fault(seen, `npm run ops -- lines assign ${lines[0]?.exten} ${lines[0]?.uid}`)];
}

/** Users with a line and no device: normal for some, who have not installed the app yet, but suspect if all lack one. */
async function findUidsWithoutDevice(services: Services, uids: readonly string[]): Promise<readonly string[]> {
  const devices = await Promise.all(uids.map(async (uid) => listDevices(services, { uid }, 1)));
  return uids.filter((_, nth) => devices[nth]?.length === 0);
}

function findPhoneless(uids: readonly string[]): readonly Finding[] {
  if (uids.length === 0) return [];
  const seen = `no user with a line has a phone: every call gets NAK no_devices: ${listSome(uids)}`;
  return [warning(seen, "log in to the app on their phone; it registers when it starts")];
}

function findUnsettled(uids: readonly string[]): readonly Finding[] {
  if (uids.length === 0) return [];
  const todo = "the app has to save serverAddress, serverPort and serverSSL in users/{uid}: log in there again";
  return [
    warning(`users without server settings, whose app wakes but cannot connect to the PBX: ${listSome(uids)}`, todo),
  ];
}
