import { initializeApp } from "firebase-admin/app";
import { getAuth, type Auth } from "firebase-admin/auth";
import { getFirestore, type Firestore } from "firebase-admin/firestore";
import { systemClock, type Clock } from "./clock.ts";
import { readConfig, type Config } from "./config.ts";
import { createFcmClient, type FcmClient } from "./fcm/client.ts";
import type { Outcome } from "./fcm/outcome.ts";
import { Gatherer } from "./gatherer.ts";
import { createLog, type Log } from "./log.ts";
import { createPace, type Pace, type Speed } from "./pace.ts";
import { createPublisher, type Publisher } from "./publisher.ts";

/** Everything a use case reaches outside itself for, built once per instance. */
export interface Services {
  readonly config: Config;
  readonly db: Firestore;
  readonly auth: Auth;
  readonly fcm: FcmClient;
  /** This instance's share of what campaigns may send, for all that it sends of them. */
  readonly campaignPace: Pace;
  readonly publisher: Publisher;
  /** What this instance's requests do to one thing at a time, and together. */
  readonly gatherer: Gatherer;
  /** What FCM has taken for rings, by ring and device, until that is on record. */
  readonly unrecorded: Map<string, ReadonlyMap<string, Outcome>>;
  readonly clock: Clock;
  readonly log: Log;
}

/** FCM asks bulk senders to ramp up over a minute: https://firebase.google.com/docs/cloud-messaging/scale-fcm */
const fcmRampSeconds = 60;

/** An instance's share of what campaigns may send. */
export function chooseCampaignSpeed(
  config: Pick<Config, "fcmMessagesPerMinute" | "campaignRampSeconds" | "campaignWorkers">,
): Speed {
  return {
    perSecond: config.fcmMessagesPerMinute / 60 / config.campaignWorkers,
    rampSeconds: Math.min(config.campaignRampSeconds, fcmRampSeconds),
  };
}

/** Builds the services of one instance from its configuration; throws {@link Misconfigured} when that is wrong. */
export function createServices(config: Config = readConfig()): Services {
  const { projectId, fcmEmulatorHost } = config;
  const app = initializeApp({ projectId });
  const log = createLog({ showCallerData: config.logCallerData });
  const fcm = createFcmClient({
    projectId,
    clock: systemClock,
    onTokenError: (error) => log.error("oauth_token_unavailable", { error }),
    onCredentialsRefused: (refusal) => log.error("fcm_credentials_refused", { ...refusal }),
    ...(fcmEmulatorHost !== undefined && { emulatorHost: fcmEmulatorHost }),
  });
  return {
    config,
    db: getFirestore(app),
    auth: getAuth(app),
    fcm,
    campaignPace: createPace(chooseCampaignSpeed(config), systemClock),
    publisher: createPublisher(projectId),
    gatherer: new Gatherer(),
    unrecorded: new Map(),
    clock: systemClock,
    log,
  };
}

/** Calls `create` on first use and hands out the same value ever after; a failure is not remembered. */
export function once<T>(create: () => T): () => T {
  let made: { value: T } | undefined;
  return () => (made ??= { value: create() }).value;
}

/** The services of this instance. Lazy, because params have no value while the Firebase CLI loads the code to deploy it. */
export const services = once(createServices);
