import { defineBoolean, defineInt, defineSecret, defineString } from "firebase-functions/params";
import { z } from "zod";
import { Misconfigured } from "./errors.ts";

/** Where everything runs. */
export const region = "asia-northeast3";

/**
 * How many instances send campaigns at most, each at an even share of the rate. An instance costs by the second, and one
 * alone sends faster than FCM's default quota allows; the second goes on when the first is replaced.
 */
export const campaignWorkers = 2;

/** The PBX keys as a JSON array; see `pbx/keys.ts`. */
export const pbxKeysSecret = defineSecret("PBX_KEYS");

/** Instances of what a call waits for that are kept ready; the Firebase CLI reads it when it deploys. */
export const callMinInstances = defineInt("CALL_MIN_INSTANCES", {
  default: 0,
  description: "Instances of pbx and of reportCall that are kept ready, and paid for, without a call",
});

const defaults = {
  audienceShards: 64,
  fcmMessagesPerMinute: 300_000,
  campaignRampSeconds: 60,
  trustedProxies: 1,
  trunkContextPrefix: "trk",
  callAlertBody: "전화가 왔습니다",
  unknownCaller: "발신번호 표시제한",
  callMissedBody: "부재중 전화",
  callAnsweredBody: "다른 곳에서 받은 전화",
  // In an instance's 512 MiB Node gives new objects so little room that it collects them all the time.
  nodeOptions: "--max-semi-space-size=16",
};

// Declared so that the Firebase CLI asks for and deploys them. Their values are read below, because a param's default
// does not exist at run time: an unset string is "" and an unset int is 0.
defineInt("AUDIENCE_SHARDS", {
  default: defaults.audienceShards,
  description: "Documents that the registrations are packed into",
});
defineInt("FCM_MESSAGES_PER_MINUTE", {
  default: defaults.fcmMessagesPerMinute,
  description: "What campaigns may send in a minute; FCM's own quota is 600,000",
});
defineInt("CAMPAIGN_RAMP_SECONDS", {
  default: defaults.campaignRampSeconds,
  description: "How long a campaign takes to hand out its shards and, up to a minute, to get to full speed",
});
defineInt("TRUSTED_PROXIES", {
  default: defaults.trustedProxies,
  description: "Proxies in front that append to X-Forwarded-For",
});
defineString("TRUNK_CONTEXT_PREFIX", {
  default: defaults.trunkContextPrefix,
  description: "How the dialplan contexts of incoming trunks begin, for POST /events",
});
defineBoolean("ENFORCE_APP_CHECK", { default: false, description: "Refuse callables without App Check" });
defineBoolean("LOG_CALLER_DATA", { default: false, description: "Leave caller numbers and names in the logs" });
defineString("CALL_ALERT_BODY", { default: defaults.callAlertBody, description: "Body of an iOS call alert" });
defineString("CALL_UNKNOWN_CALLER", {
  default: defaults.unknownCaller,
  description: "Shown when a caller has neither name nor number",
});
defineString("CALL_MISSED_BODY", {
  default: defaults.callMissedBody,
  description: "What takes the place of an iOS call alert that nobody answered",
});
defineString("CALL_ANSWERED_BODY", {
  default: defaults.callAnsweredBody,
  description: "What takes the place of an iOS call alert that was answered elsewhere",
});
defineString("NODE_OPTIONS", {
  default: defaults.nodeOptions,
  description: "Options of Node, which reads them itself",
});

const flag = z
  .enum(["true", "false"])
  .default("false")
  .transform((value) => value === "true");

const settings = z.object({
  GCLOUD_PROJECT: z.string().min(1),
  AUDIENCE_SHARDS: z.coerce.number().int().min(1).max(10_000).default(defaults.audienceShards),
  FCM_MESSAGES_PER_MINUTE: z.coerce.number().int().min(1).default(defaults.fcmMessagesPerMinute),
  CAMPAIGN_RAMP_SECONDS: z.coerce.number().int().min(0).max(240).default(defaults.campaignRampSeconds),
  TRUSTED_PROXIES: z.coerce.number().int().min(0).max(10).default(defaults.trustedProxies),
  TRUNK_CONTEXT_PREFIX: z.string().default(defaults.trunkContextPrefix),
  // For the Firebase CLI and for Node; checked with the others.
  CALL_MIN_INSTANCES: z.coerce.number().int().min(0).max(20).default(0),
  NODE_OPTIONS: z.string().default(defaults.nodeOptions),
  ENFORCE_APP_CHECK: flag,
  LOG_CALLER_DATA: flag,
  CALL_ALERT_BODY: z.string().default(defaults.callAlertBody),
  CALL_UNKNOWN_CALLER: z.string().default(defaults.unknownCaller),
  CALL_MISSED_BODY: z.string().default(defaults.callMissedBody),
  CALL_ANSWERED_BODY: z.string().default(defaults.callAnsweredBody),
  FCM_EMULATOR_HOST: z
    .string()
    .regex(/^[^\s/]+:\d+$/, "must be host:port")
    .optional(),
  PBX_KEYS: z.string().default(""),
});

/** Every setting of a running deployment, checked. */
export interface Config {
  readonly projectId: string;
  /** How many `audience` documents the devices are spread over. */
  readonly audienceShards: number;
  /** How many messages a minute campaigns may send, all instances together. */
  readonly fcmMessagesPerMinute: number;
  /** How long a campaign takes to hand out its shards and, up to a minute, to get to full speed. */
  readonly campaignRampSeconds: number;
  /** How many proxies in front of the service append the address they saw to `X-Forwarded-For`. */
  readonly trustedProxies: number;
  /** How the contexts of incoming trunks begin. */
  readonly trunkContextPrefix: string;
  readonly enforceAppCheck: boolean;
  readonly logCallerData: boolean;
  /** What people see, Korean by default. */
  readonly texts: {
    readonly callAlertBody: string;
    readonly unknownCaller: string;
    readonly callMissedBody: string;
    readonly callAnsweredBody: string;
  };
  /** `host:port` of the FCM emulator; absent in production. */
  readonly fcmEmulatorHost?: string;
  /** The raw secret; only `pbx/keys.ts` looks into it. */
  readonly pbxKeys: string;
}

/** The names of all settings. */
export const settingNames: readonly string[] = Object.keys(settings.shape);

/** A setting that cannot be used, and why. */
export interface BadSetting {
  readonly name: string;
  readonly message: string;
}

/** Every setting that cannot be used. */
export function findBadSettings(environment: NodeJS.ProcessEnv): readonly BadSetting[] {
  const { error } = parseSettings(environment);
  return (error?.issues ?? []).map(({ path, message }) => ({ name: path.join("."), message }));
}

/** An empty setting is one that was not set. */
function parseSettings(environment: NodeJS.ProcessEnv) {
  return settings.safeParse(Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== "")));
}

/** Reads and checks the settings once; throws {@link Misconfigured} naming every setting that is wrong. */
export function readConfig(environment: NodeJS.ProcessEnv = process.env): Config {
  const parsed = parseSettings(environment);
  if (!parsed.success) {
    const faults = findBadSettings(environment).map(({ name, message }) => `${name}: ${message}`);
    throw new Misconfigured(`Bad settings: ${faults.join("; ")}`);
  }
  const value = parsed.data;
  return {
    projectId: value.GCLOUD_PROJECT,
    audienceShards: value.AUDIENCE_SHARDS,
    fcmMessagesPerMinute: value.FCM_MESSAGES_PER_MINUTE,
    campaignRampSeconds: value.CAMPAIGN_RAMP_SECONDS,
    trustedProxies: value.TRUSTED_PROXIES,
    trunkContextPrefix: value.TRUNK_CONTEXT_PREFIX,
    enforceAppCheck: value.ENFORCE_APP_CHECK,
    logCallerData: value.LOG_CALLER_DATA,
    texts: {
      callAlertBody: value.CALL_ALERT_BODY,
      unknownCaller: value.CALL_UNKNOWN_CALLER,
      callMissedBody: value.CALL_MISSED_BODY,
      callAnsweredBody: value.CALL_ANSWERED_BODY,
    },
    ...(value.FCM_EMULATOR_HOST !== undefined && { fcmEmulatorHost: value.FCM_EMULATOR_HOST }),
    pbxKeys: value.PBX_KEYS,
  };
}

/** Whether this process was started to serve the named function: the cloud runs every function in processes of its own. */
export function isFunctionTarget(name: string, environment: NodeJS.ProcessEnv = process.env): boolean {
  return environment["FUNCTION_TARGET"] === name;
}
