import { parseSigningKey } from "../../../functions/src/apns/provider-token.ts";
import type { Config } from "../../../functions/src/config.ts";
import { hasIphone, listVoipDevices } from "../../../functions/src/devices/list-devices.ts";
import { Misconfigured } from "../../../functions/src/errors.ts";
import type { Services } from "../../../functions/src/services.ts";
import type { Outcome } from "../../../functions/src/transport/outcome.ts";
import { settingsFile } from "../../project/settings.ts";
import { readApnsKey } from "../apns-key.ts";
import { createAsker, type ApnsQuestion } from "../ask-apns.ts";
import type { Check, CheckContext } from "../check.ts";
import { explainRefusal } from "../explain-apns.ts";
import { fault, listSome, ok, warning, type Finding } from "../../../functions/src/doctor/finding.ts";

/** VoIP tokens whose topics are compared with `APNS_TOPICS`. */
const sampledDevices = 200;

const guide = "docs/iphones.md says how";

/** Checks that APNs accepts the key for every topic in both of its environments. No phone gets a push. */
export const checkApns: Check = {
  name: "apns",
  run: async (context) => {
    const { text, findings } = await readApnsKey(context);
    const { services } = context;
    const topics = await listTopics(services);
    const answers = text === undefined ? await explainMissing(context, topics) : await tryKey(context, text);
    return [...findings, ...answers, ...(text === undefined ? [] : findUnlisted(context, topics))];
  },
};

/** The topics of the phones that have a VoIP token. */
async function listTopics(services: Services): Promise<ReadonlySet<string>> {
  const devices = await listVoipDevices(services, sampledDevices);
  return new Set(devices.flatMap(({ voip }) => voip?.topic ?? []));
}

const needed = { apnsKeyId: "APNS_KEY_ID", apnsTeamId: "APNS_TEAM_ID", apnsTopics: "APNS_TOPICS" } as const;

function isSet(config: Config, key: keyof typeof needed): boolean {
  return config[key].length > 0;
}

const settingKeys = ["apnsKeyId", "apnsTeamId", "apnsTopics"] as const;

/** Without a key no VoIP push is sent: whether that matters. */
async function explainMissing(
  { services, projectId }: CheckContext,
  topics: ReadonlySet<string>,
): Promise<readonly Finding[]> {
  if (topics.size > 0) {
    const seen = "iPhones have VoIP tokens, but there is no APNS_KEY: calls ring there as an alert of FCM";
    return [fault(seen, `set the secret APNS_KEY and its three settings, and deploy: ${guide}`)];
  }
  const set = settingKeys.filter((key) => isSet(services.config, key)).map((key) => needed[key]);
  if (set.length > 0) {
    const todo = `set the secret APNS_KEY, or empty these in ${settingsFile(projectId)}: ${guide}`;
    return [fault(`${listSome(set)} without APNS_KEY: no VoIP push is sent`, todo)];
  }
  if (!(await hasIphone(services))) return [ok("no APNS_KEY, and no iPhone is registered")];
  const todo = `to ring them like phones, set APNS_KEY and build the app for VoIP pushes (${guide}); or accept it`;
  return [warning("calls ring on iPhones as an alert of FCM: there is no APNS_KEY", todo)];
}

async function tryKey({ services, projectId }: CheckContext, key: string): Promise<readonly Finding[]> {
  const { config, clock } = services;
  const missing = settingKeys.filter((one) => !isSet(config, one)).map((one) => needed[one]);
  if (missing.length > 0) {
    const todo = `set ${listSome(missing)} in ${settingsFile(projectId)}, and deploy: ${guide}`;
    return [fault(`APNS_KEY is set without ${listSome(missing)}: no VoIP push is sent`, todo)];
  }
  const unreadable = explainUnreadable(key);
  if (unreadable !== undefined) return [unreadable];
  const ask = createAsker({ ...config, key, clock });
  const findings: Finding[] = [];
  for (const topic of config.apnsTopics) {
    for (const environment of ["production", "sandbox"] as const) {
      const question = { topic, environment };
      findings.push(judge(question, await ask(question)));
    }
  }
  return findings;
}

function explainUnreadable(key: string): Finding | undefined {
  try {
    parseSigningKey(key);
    return undefined;
  } catch (error) {
    if (!(error instanceof Misconfigured)) throw error;
    return fault(error.message, `set the secret again with --data-file AuthKey_….p8, and deploy: ${guide}`);
  }
}

function judge({ topic, environment }: ApnsQuestion, outcome: Outcome): Finding {
  const place = `${topic} in ${environment}`;
  // No phone has that token, and nothing else is wrong.
  if (outcome.status === "unregistered") return ok(`APNs accepts the key for ${place}`);
  if (outcome.status === "accepted") return ok(`APNs accepts pushes for ${place}`);
  const { level, todo } = explainRefusal(outcome, environment);
  const seen =
    outcome.status === "rejected"
      ? `APNs refuses us for ${place} (${outcome.code}): ${outcome.message}`
      : `APNs did not answer for ${place} (${outcome.code})`;
  return { level, seen, todo };
}

/** A phone whose topic is not listed never gets a VoIP push. */
function findUnlisted({ services, projectId }: CheckContext, topics: ReadonlySet<string>): readonly Finding[] {
  const { apnsTopics } = services.config;
  if (apnsTopics.length === 0) return [];
  const unlisted = [...topics].filter((topic) => !apnsTopics.includes(topic)).toSorted();
  if (unlisted.length === 0) return [];
  const todo = `add them to APNS_TOPICS in ${settingsFile(projectId)} and deploy, if they are your apps'`;
  return [warning(`iPhones are registered for other topics, and ring by FCM: ${listSome(unlisted)}`, todo)];
}
