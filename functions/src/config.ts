import { z } from "zod";
import { Misconfigured } from "./errors.ts";
import {
  findBadValues,
  flag,
  fromMachine,
  integer,
  json,
  list,
  readValues,
  secret,
  text,
  type BadSetting,
  type Form,
  type Setting,
  type ValuesOf,
} from "./setting.ts";
import { hasTexts, languageTag, ownTexts } from "./texts.ts";
import { isTimeZone, usualTimeZone } from "./time-zone.ts";
import { voipTopic } from "./voip-topic.ts";

const hostAndPort = z.string().regex(/^[^\s/]+:\d+$/, "must be host:port");

/** Apple's ids of keys and teams; empty without iPhones. */
const appleId: Form = { isAllowed: (value) => /^[A-Z0-9]{10}$/.test(value), allowed: "10 of A-Z 0-9, or empty" };

const appleTopics: Form = { isAllowed: (word) => voipTopic.test(word), allowed: "bundle ids with .voip," };

// To add a setting, add one entry here and a value for the local stack in .env.demo-pbx-push. The params that the
// Firebase CLI deploys, the checks, `Config` and docs/settings.md (npm run docs) are made from the entry. Values are
// read from the environment, because params have no defaults at run time: an unset string is "" and an unset int is 0.
const settings = {
  projectId: fromMachine("GCLOUD_PROJECT", { description: "The project" }, z.string("is not set")),
  audienceShards: integer("AUDIENCE_SHARDS", {
    default: 64,
    min: 1,
    max: 10_000,
    description: "Number of audience documents, about 2,500 devices in each",
    see: "scale.md",
  }),
  fcmMessagesPerMinute: integer("FCM_MESSAGES_PER_MINUTE", {
    default: 300_000,
    min: 1,
    description: "Messages per minute that all campaign workers may send together; FCM's own quota is 600,000",
    see: "deploy.md",
  }),
  campaignRampSeconds: integer("CAMPAIGN_RAMP_SECONDS", {
    default: 60,
    min: 0,
    max: 240,
    description: "How long a campaign takes to publish its shards and, up to a minute, to reach its full rate",
    see: "scale.md",
  }),
  campaignWorkers: integer("CAMPAIGN_WORKERS", {
    default: 2,
    min: 1,
    max: 20,
    description:
      "Instances that send campaigns, each with an equal share of the rate; one can exceed FCM's own quota, the second continues while the first is replaced",
    see: "scale.md",
  }),
  trustedProxies: integer("TRUSTED_PROXIES", {
    default: 1,
    min: 0,
    max: 10,
    description:
      "Number of proxies in front that append to X-Forwarded-For; above 1, keys with ips are refused without INGRESS_CLOSED",
  }),
  ingressClosed: flag("INGRESS_CLOSED", {
    description:
      "Requests reach pbx through your own load balancer only; otherwise a client could write X-Forwarded-For",
    see: "security.md",
  }),
  trunkContextPrefixes: list("TRUNK_CONTEXT_PREFIX", {
    default: "trk",
    description: "Prefixes of the dialplan contexts of incoming trunks, for POST /events",
  }),
  countryCode: text(
    "COUNTRY_CODE",
    {
      default: "82",
      description:
        "Country code of numbers that are written without one, to find a line that is written in another way",
      see: "verdicts.md",
    },
    { isAllowed: (value) => /^[1-9]\d{0,2}$/.test(value), allowed: "a country code such as 82, without a plus" },
  ),
  defaultLanguage: text(
    "DEFAULT_LANGUAGE",
    { default: "ko", description: "Language of the texts on phones whose own language has none", see: "texts.md" },
    { isAllowed: (value) => languageTag.test(value), allowed: "a language such as en or pt-br" },
  ),
  ownTexts: json(
    "PHONE_TEXTS",
    {
      allowed: "a JSON object of texts by language",
      description: "Texts on phones that change or complete the shipped ones (ko, en)",
      see: "texts.md",
    },
    ownTexts,
  ),
  apnsKey: secret("APNS_KEY", {
    description: "Apple's key for VoIP pushes, the text of the .p8 file; none without iPhones",
    see: "iphones.md",
  }),
  apnsKeyId: text("APNS_KEY_ID", { default: "", description: "Id of that key", see: "iphones.md" }, appleId),
  apnsTeamId: text(
    "APNS_TEAM_ID",
    { default: "", description: "Id of the team at Apple that the key belongs to", see: "iphones.md" },
    appleId,
  ),
  apnsTopics: list(
    "APNS_TOPICS",
    {
      default: "",
      description: "Topics of the apps that get VoIP pushes: each app's bundle id and .voip",
      see: "iphones.md",
    },
    appleTopics,
  ),
  consoleOrigins: list(
    "CONSOLE_ORIGINS",
    {
      default: "",
      description: "Origins of the operators' console besides the project's web.app and firebaseapp.com",
      see: "operators.md",
    },
    {
      isAllowed: (word) => /^https?:\/\/[a-z0-9.-]+(?::\d{1,5})?$/.test(word),
      allowed: "origins such as https://console.example.com",
    },
  ),
  enforceAppCheck: flag("ENFORCE_APP_CHECK", { description: "Refuse callables without App Check" }),
  logCallerData: flag("LOG_CALLER_DATA", { description: "Log callers' numbers and names" }),
  probe: text(
    "PROBE",
    {
      default: "auto",
      description:
        "Whether the hourly probe rings: auto, off, or the URL of the PBX's API if it is reached through your own load balancer only",
      see: "operating.md",
    },
    {
      isAllowed: (value) => /^(?:auto|off|https:\/\/[^\s?#]+)$/.test(value),
      allowed: "auto, off, or a URL with https",
    },
  ),
  apnsEmulatorHost: fromMachine(
    "APNS_EMULATOR_HOST",
    { description: "host:port of the APNs emulator; not set in production" },
    hostAndPort.optional(),
  ),
  fcmEmulatorHost: fromMachine(
    "FCM_EMULATOR_HOST",
    { description: "host:port of the FCM emulator; not set in production" },
    hostAndPort.optional(),
  ),
  pbxApiUrl: fromMachine(
    "PBX_API_URL",
    { description: "URL of the PBX's API of a local stack; not set in production" },
    z.url().optional(),
  ),
  serviceName: fromMachine(
    "K_SERVICE",
    { description: "Name of the function in the project, which a function kit gives a prefix" },
    z.string().optional(),
  ),
};

const cron: Form = {
  isAllowed: (value) => /^(?:[\w*,/-]+ ){4}[\w*,/-]+$/.test(value),
  allowed: "a Unix cron expression of five fields",
};

/**
 * Settings that the Firebase CLI reads at deployment. Of the running functions, each reads the region ({@link readRegion}), and
 * the console the time zone and the schedules.
 */
const deployment = {
  // The Firebase CLI gives a function kit's region this name too, so it asks for it only once.
  region: text(
    "FUNCTION_DEFAULT_REGION",
    {
      default: "asia-northeast3",
      description: "Region of all functions; it is part of each URL, and the apps must know it",
      see: "deploy.md",
    },
    { isAllowed: (value) => /^[a-z]+-[a-z]+\d+$/.test(value), allowed: "a region of Google Cloud" },
  ),
  timeZone: text(
    "SCHEDULE_TIME_ZONE",
    { default: usualTimeZone, description: "Time zone of every schedule" },
    { isAllowed: isTimeZone, allowed: "a time zone such as Europe/Berlin" },
  ),
  saveLocationSchedule: text(
    "SAVE_LOCATION_SCHEDULE",
    {
      default: "7,37 * * * *",
      description: "Schedule of saveLocation; FCM asks senders to stay two minutes away from each quarter of an hour",
      see: "campaigns.md",
    },
    cron,
  ),
  pathDailySchedule: text(
    "PATH_DAILY_SCHEDULE",
    { default: "10 0 * * 1", description: "Schedule of pathDaily", see: "campaigns.md" },
    cron,
  ),
  callMinInstances: integer("CALL_MIN_INSTANCES", {
    default: 0,
    min: 0,
    max: 20,
    description: "Minimum number of instances of pbx and of reportCall; idle ones are billed too",
    see: "deploy.md",
  }),
  callMaxInstances: integer("CALL_MAX_INSTANCES", {
    default: 20,
    min: 1,
    max: 1000,
    description: "Maximum number of instances of pbx, and of each callable; limits the cost of a flood",
    see: "security.md",
  }),
  pushMaxInstances: integer("PUSH_MAX_INSTANCES", {
    default: 5,
    min: 1,
    max: 1000,
    description: "Maximum number of instances that send the pushes of POST /pushes, each 80 pushes at a time",
  }),
  // In 512 MiB Node makes the young generation so small that it is collected all the time.
  nodeOptions: text("NODE_OPTIONS", {
    default: "--max-semi-space-size=16",
    description: "Node options; the default saves a fifth of a call's CPU time in 512 MiB",
    see: "performance.md",
  }),
};

/** The settings of a running function, checked; one of `apnsFaults`, which is wrong or missing beside the others, has its default value. */
export type Config = ValuesOf<typeof settings> & {
  /** What is wrong with the settings beside Apple's key: no VoIP push can be sent. */
  readonly apnsFaults: readonly BadSetting[];
};

/** The settings that Apple's key needs. */
const besideApnsKey = [settings.apnsKeyId, settings.apnsTeamId, settings.apnsTopics];

/** The settings that only the Firebase CLI reads, checked. */
export type DeploymentConfig = ValuesOf<typeof deployment>;

/** The settings of a running function. */
const runtimeSettings: readonly Setting[] = Object.values(settings);

/** All settings. */
export const allSettings: readonly Setting[] = [...Object.values(deployment), ...runtimeSettings];

/** The names of all settings. */
export const settingNames: readonly string[] = allSettings.map(({ name }) => name);

/** The names of those that are secrets: in Secret Manager, and never in a file. */
export const secretNames: readonly string[] = allSettings.flatMap(({ name, source }) =>
  source === "secret" ? [name] : [],
);

/** For the options of functions: the Firebase CLI inserts the values at deployment. */
export const params = {
  apnsKey: settings.apnsKey.param,
  region: deployment.region.param,
  timeZone: deployment.timeZone.param,
  saveLocationSchedule: deployment.saveLocationSchedule.param,
  pathDailySchedule: deployment.pathDailySchedule.param,
  callMinInstances: deployment.callMinInstances.param,
  callMaxInstances: deployment.callMaxInstances.param,
  pushMaxInstances: deployment.pushMaxInstances.param,
  campaignWorkers: settings.campaignWorkers.param,
} as const;

/** All invalid settings. */
export function findBadSettings(environment: NodeJS.ProcessEnv): readonly BadSetting[] {
  const bad = findBadValues(allSettings, environment);
  if (bad.length > 0) return bad;
  const { callMinInstances, callMaxInstances } = readValues(deployment, environment);
  if (callMinInstances <= callMaxInstances) return [...findTextless(environment), ...findApnsGaps(environment)];
  const { name } = deployment.callMinInstances;
  return [{ name, message: "must not be above CALL_MAX_INSTANCES", value: String(callMinInstances) }];
}

function findTextless(environment: NodeJS.ProcessEnv): readonly BadSetting[] {
  const { value, own } = readValues({ value: settings.defaultLanguage, own: settings.ownTexts }, environment);
  if (hasTexts(own, value)) return [];
  return [{ name: settings.defaultLanguage.name, message: "must be ko, en or a language of PHONE_TEXTS", value }];
}

/** Those of the settings beside Apple's key that are empty while others are set. */
function findApnsGaps(environment: NodeJS.ProcessEnv): readonly BadSetting[] {
  const empty = besideApnsKey.filter(({ name }) => !environment[name]);
  if (empty.length === besideApnsKey.length) return [];
  return empty.map(({ name }) => ({ name, message: "must be set with the other settings of APNs" }));
}

/**
 * Reads and checks the settings of a running function; throws {@link Misconfigured} naming every invalid setting. Those of
 * APNs stop no function: iPhones ring by FCM, and other phones need no APNs.
 */
export function readConfig(environment: NodeJS.ProcessEnv = process.env): Config {
  const ofApns = new Set(besideApnsKey.map(({ name }) => name));
  const bad = findBadValues(runtimeSettings, environment);
  refuse(bad.filter(({ name }) => !ofApns.has(name)));
  refuse(findTextless(environment));
  const wrong = bad.filter(({ name }) => ofApns.has(name));
  const usable = { ...environment, ...Object.fromEntries(wrong.map(({ name }) => [name, ""])) };
  return { ...readValues(settings, usable), apnsFaults: [...wrong, ...findApnsGaps(environment)] };
}

/** Throws {@link Misconfigured} if a setting that Apple's key needs is wrong or empty. */
export function requireApnsSettings(config: Config): void {
  const { apnsFaults, apnsKeyId, apnsTeamId, apnsTopics } = config;
  refuse(apnsFaults);
  const values = [apnsKeyId, apnsTeamId, apnsTopics];
  const empty = besideApnsKey.filter((_, index) => values[index]?.length === 0);
  refuse(empty.map(({ name }) => ({ name, message: "must be set with APNS_KEY" })));
}

/** Reads and checks the settings of a deployment; throws {@link Misconfigured} naming every invalid setting. */
export function readDeployment(environment: NodeJS.ProcessEnv = process.env): DeploymentConfig {
  refuse(findBadValues(Object.values(deployment), environment));
  return readValues(deployment, environment);
}

/** The region that this function is deployed to. */
export function readRegion(environment: NodeJS.ProcessEnv = process.env): string {
  return readValues({ region: deployment.region }, environment).region;
}

function refuse(bad: readonly BadSetting[]): void {
  if (bad.length === 0) return;
  throw new Misconfigured(`Bad settings: ${bad.map(({ name, message }) => `${name}: ${message}`).join("; ")}`);
}

/** Whether this process serves the named function: in the cloud each function has its own processes. */
export function isFunctionTarget(name: string, environment: NodeJS.ProcessEnv = process.env): boolean {
  return environment["FUNCTION_TARGET"] === name;
}
