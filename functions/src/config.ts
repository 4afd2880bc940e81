import { z } from "zod";
import { Misconfigured } from "./errors.ts";
import {
  findBadValues,
  flag,
  fromMachine,
  integer,
  list,
  readValues,
  secret,
  text,
  type BadSetting,
  type Setting,
  type ValuesOf,
} from "./setting.ts";

/** Where everything runs. */
export const region = "asia-northeast3";

/**
 * How many instances send campaigns at most, each at an even share of the rate. An instance costs by the second, and one
 * alone sends faster than FCM's default quota allows; the second goes on when the first is replaced.
 */
export const campaignWorkers = 2;

// A new setting is one entry here, and a value for the local stack in .env.demo-pbx-push. The params that the Firebase CLI
// deploys, the checks, `Config` and docs/settings.md (npm run docs) are made from the entry. Values are read from the
// environment, because a param's default does not exist at run time: an unset string is "" and an unset int is 0.
const settings = {
  projectId: fromMachine("GCLOUD_PROJECT", { description: "The project" }, z.string("is not set")),
  audienceShards: integer("AUDIENCE_SHARDS", {
    default: 64,
    min: 1,
    max: 10_000,
    description: "Documents that registrations are packed into, some 2,500 devices to each",
    see: "scale.md",
  }),
  fcmMessagesPerMinute: integer("FCM_MESSAGES_PER_MINUTE", {
    default: 300_000,
    min: 1,
    description: "Messages that campaigns may send in a minute, all workers together; FCM's own quota is 600,000",
    see: "deploy.md",
  }),
  campaignRampSeconds: integer("CAMPAIGN_RAMP_SECONDS", {
    default: 60,
    min: 0,
    max: 240,
    description: "How long a campaign takes to hand out its shards and, up to a minute, to reach full speed",
    see: "scale.md",
  }),
  callMinInstances: integer("CALL_MIN_INSTANCES", {
    default: 0,
    min: 0,
    max: 20,
    description: "Instances of pbx and of reportCall that are kept ready, and paid for, without a call",
    see: "deploy.md",
  }),
  trustedProxies: integer("TRUSTED_PROXIES", {
    default: 1,
    min: 0,
    max: 10,
    description:
      "Proxies in front that append to X-Forwarded-For; with a wrong number a key's ips are compared with the wrong address",
  }),
  trunkContextPrefixes: list("TRUNK_CONTEXT_PREFIX", {
    default: "trk",
    description: "How the dialplan contexts of incoming trunks begin, for POST /events",
  }),
  enforceAppCheck: flag("ENFORCE_APP_CHECK", { description: "Refuse callables without App Check" }),
  logCallerData: flag("LOG_CALLER_DATA", { description: "Leave callers' numbers and names in the logs" }),
  // In an instance's 512 MiB Node gives new objects so little room that it collects them all the time.
  nodeOptions: text("NODE_OPTIONS", {
    default: "--max-semi-space-size=16",
    description: "Options of Node itself; this one takes a fifth off the CPU time of a call in 512 MiB",
    see: "performance.md",
  }),
  pbxKeys: secret("PBX_KEYS", { description: "The PBX keys as a JSON array" }),
  fcmEmulatorHost: fromMachine(
    "FCM_EMULATOR_HOST",
    { description: "host:port of the FCM emulator; not set in production" },
    z
      .string()
      .regex(/^[^\s/]+:\d+$/, "must be host:port")
      .optional(),
  ),
};

/** What people see on their phones, Korean by default. */
const texts = {
  callAlertBody: text("CALL_ALERT_BODY", { default: "전화가 왔습니다", description: "Body of an iPhone's call alert" }),
  unknownCaller: text("CALL_UNKNOWN_CALLER", {
    default: "발신번호 표시제한",
    description: "Title of an iPhone's call alert when the caller has neither name nor number",
  }),
  callMissedBody: text("CALL_MISSED_BODY", {
    default: "부재중 전화",
    description: "Replaces the body of an iPhone's call alert when the call was missed",
  }),
  callAnsweredBody: text("CALL_ANSWERED_BODY", {
    default: "다른 곳에서 받은 전화",
    description: "Replaces the body of an iPhone's call alert when another phone took the call",
  }),
};

/** Every setting of a running deployment, checked. */
export type Config = ValuesOf<typeof settings> & { readonly texts: ValuesOf<typeof texts> };

/** Every setting. */
export const allSettings: readonly Setting[] = [...Object.values(settings), ...Object.values(texts)];

/** The names of all settings. */
export const settingNames: readonly string[] = allSettings.map(({ name }) => name);

/** For the `secrets` of a function; only `pbx/keys.ts` looks into the value. */
export const pbxKeysSecret = settings.pbxKeys.param;

/** For the `minInstances` of a function: the Firebase CLI reads it when it deploys. */
export const callMinInstances = settings.callMinInstances.param;

/** Every setting that cannot be used. */
export function findBadSettings(environment: NodeJS.ProcessEnv): readonly BadSetting[] {
  return findBadValues(allSettings, environment);
}

/** Reads and checks the settings once; throws {@link Misconfigured} naming every setting that is wrong. */
export function readConfig(environment: NodeJS.ProcessEnv = process.env): Config {
  const bad = findBadSettings(environment).map(({ name, message }) => `${name}: ${message}`);
  if (bad.length > 0) throw new Misconfigured(`Bad settings: ${bad.join("; ")}`);
  return { ...readValues(settings, environment), texts: readValues(texts, environment) };
}

/** Whether this process was started to serve the named function: the cloud runs every function in processes of its own. */
export function isFunctionTarget(name: string, environment: NodeJS.ProcessEnv = process.env): boolean {
  return environment["FUNCTION_TARGET"] === name;
}
