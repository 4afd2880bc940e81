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
  type Form,
  type Setting,
  type ValuesOf,
} from "./setting.ts";

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
  campaignWorkers: integer("CAMPAIGN_WORKERS", {
    default: 2,
    min: 1,
    max: 20,
    description:
      "Instances that send campaigns, each at an even share of the rate; one sends faster than FCM's own quota allows, the second goes on when the first is replaced",
    see: "scale.md",
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

const cron: Form = {
  isAllowed: (value) => /^(?:[\w*,/-]+ ){4}[\w*,/-]+$/.test(value),
  allowed: "a line of Unix cron, five fields",
};

/** What only the Firebase CLI reads, when it deploys. A function that runs looks at none of it but {@link readRegion}. */
const deployment = {
  // The name that the CLI's own index of a function kit gives its region: a project is asked once.
  region: text(
    "FUNCTION_DEFAULT_REGION",
    {
      default: "asia-northeast3",
      description: "Region of every function; part of each URL, and the apps name it",
      see: "deploy.md",
    },
    { isAllowed: (value) => /^[a-z]+-[a-z]+\d+$/.test(value), allowed: "a region of Google Cloud" },
  ),
  timeZone: text(
    "SCHEDULE_TIME_ZONE",
    { default: "Asia/Seoul", description: "Time zone of every schedule" },
    { isAllowed: isTimeZone, allowed: "a time zone such as Europe/Berlin" },
  ),
  saveLocationSchedule: text(
    "SAVE_LOCATION_SCHEDULE",
    {
      default: "7,37 * * * *",
      description: "When saveLocation runs; FCM asks senders to keep two minutes away from the quarters of an hour",
      see: "campaigns.md",
    },
    cron,
  ),
  pathDailySchedule: text(
    "PATH_DAILY_SCHEDULE",
    { default: "10 0 * * 1", description: "When pathDaily runs", see: "campaigns.md" },
    cron,
  ),
  callMinInstances: integer("CALL_MIN_INSTANCES", {
    default: 0,
    min: 0,
    max: 20,
    description: "Instances of pbx and of reportCall that are kept ready, and paid for, without a call",
    see: "deploy.md",
  }),
  callMaxInstances: integer("CALL_MAX_INSTANCES", {
    default: 20,
    min: 1,
    max: 1000,
    description: "Instances of pbx, and of each callable, at most: what a flood can cost",
    see: "security.md",
  }),
  pushMaxInstances: integer("PUSH_MAX_INSTANCES", {
    default: 5,
    min: 1,
    max: 1000,
    description: "Instances that send the pushes of POST /pushes at most, 80 pushes at a time each",
  }),
  // In an instance's 512 MiB Node gives new objects so little room that it collects them all the time.
  nodeOptions: text("NODE_OPTIONS", {
    default: "--max-semi-space-size=16",
    description: "Options of Node itself; this one takes a fifth off the CPU time of a call in 512 MiB",
    see: "performance.md",
  }),
};

/** Loading the time zones takes tens of milliseconds: no cold start may wait for it. */
function isTimeZone(value: string): boolean {
  // Offsets from UTC are time zones to Node, and none to Cloud Scheduler.
  if (!/^[A-Z]/.test(value)) return false;
  try {
    Intl.DateTimeFormat("en", { timeZone: value });
    return true;
  } catch {
    return false;
  }
}

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
  pathDailyTitle: text("PATH_DAILY_TITLE", {
    default: "From Wolley 🗓",
    description: "Title of pathDaily",
    see: "campaigns.md",
  }),
  pathDailyBody: text("PATH_DAILY_BODY", {
    default: "일주일 동안의 기록을 확인해보세요!",
    description: "Body of pathDaily",
    see: "campaigns.md",
  }),
};

/** Every setting that a running function reads, checked. */
export type Config = ValuesOf<typeof settings> & { readonly texts: ValuesOf<typeof texts> };

/** Every setting that the Firebase CLI alone reads, checked. */
export type DeploymentConfig = ValuesOf<typeof deployment>;

/** What a running function reads. */
const runtimeSettings: readonly Setting[] = [...Object.values(settings), ...Object.values(texts)];

/** Every setting. */
export const allSettings: readonly Setting[] = [...Object.values(deployment), ...runtimeSettings];

/** The names of all settings. */
export const settingNames: readonly string[] = allSettings.map(({ name }) => name);

/** For the `secrets` of a function; only `keys/pbx-key.ts` looks into the value. */
export const pbxKeysSecret = settings.pbxKeys.param;

/** For the options of functions: the Firebase CLI puts the values in when it deploys. */
export const params = {
  region: deployment.region.param,
  timeZone: deployment.timeZone.param,
  saveLocationSchedule: deployment.saveLocationSchedule.param,
  pathDailySchedule: deployment.pathDailySchedule.param,
  callMinInstances: deployment.callMinInstances.param,
  callMaxInstances: deployment.callMaxInstances.param,
  pushMaxInstances: deployment.pushMaxInstances.param,
  campaignWorkers: settings.campaignWorkers.param,
} as const;

/** Every setting that cannot be used. */
export function findBadSettings(environment: NodeJS.ProcessEnv): readonly BadSetting[] {
  const bad = findBadValues(allSettings, environment);
  if (bad.length > 0) return bad;
  const { callMinInstances, callMaxInstances } = readValues(deployment, environment);
  if (callMinInstances <= callMaxInstances) return [];
  const { name } = deployment.callMinInstances;
  return [{ name, message: "must not be above CALL_MAX_INSTANCES", value: String(callMinInstances) }];
}

/** Reads and checks what a running function needs, once; throws {@link Misconfigured} naming every setting that is wrong. */
export function readConfig(environment: NodeJS.ProcessEnv = process.env): Config {
  refuse(findBadValues(runtimeSettings, environment));
  return { ...readValues(settings, environment), texts: readValues(texts, environment) };
}

/** Reads and checks what a deployment needs; throws {@link Misconfigured} naming every setting that is wrong. */
export function readDeployment(environment: NodeJS.ProcessEnv): DeploymentConfig {
  refuse(findBadValues(Object.values(deployment), environment));
  return readValues(deployment, environment);
}

/** Where this function has been deployed to, for what it says of itself. */
export function readRegion(environment: NodeJS.ProcessEnv = process.env): string {
  return readValues({ region: deployment.region }, environment).region;
}

function refuse(bad: readonly BadSetting[]): void {
  if (bad.length === 0) return;
  throw new Misconfigured(`Bad settings: ${bad.map(({ name, message }) => `${name}: ${message}`).join("; ")}`);
}

/** Whether this process was started to serve the named function: the cloud runs every function in processes of its own. */
export function isFunctionTarget(name: string, environment: NodeJS.ProcessEnv = process.env): boolean {
  return environment["FUNCTION_TARGET"] === name;
}
