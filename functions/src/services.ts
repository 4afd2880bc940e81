import { deleteApp, initializeApp } from "firebase-admin/app";
import { getAuth, type Auth } from "firebase-admin/auth";
import { getFirestore, type Firestore } from "firebase-admin/firestore";
import { createApnsClient, type ApnsClient } from "./apns/client.ts";
import { systemClock, type Clock } from "./clock.ts";
import { readConfig, requireApnsSettings, type Config } from "./config.ts";
import { createFcmClient, type FcmClient } from "./fcm/client.ts";
import type { CarriedAt } from "./transport/outcome.ts";
import { Batcher } from "./batcher.ts";
import { Breaker } from "./breaker.ts";
import { LateWork } from "./late-work.ts";
import { createLog, type Log } from "./log.ts";
import { createPace, type Pace, type Speed } from "./pace.ts";
import { createPublisher, type Publisher } from "./publisher.ts";

/** The external services that use cases need, built once per instance. */
export interface Services {
  readonly config: Config;
  readonly db: Firestore;
  readonly auth: Auth;
  readonly fcm: FcmClient;
  /** For VoIP pushes; `undefined` if the deployment has no key of Apple's, or a wrong one. */
  readonly apns: ApnsClient | undefined;
  /** The rate limit of this instance's campaign sends: its share of the total. */
  readonly campaignPace: Pace;
  readonly publisher: Publisher;
  /** Batches this instance's changes of one ring. */
  readonly batcher: Batcher;
  /** Pushes of rings that were accepted, by ring and device, until they are recorded. */
  readonly unrecorded: Map<string, ReadonlyMap<string, CarriedAt>>;
  /** By ring: stops what this instance has not written yet of its pushes. */
  readonly pushing: Map<string, AbortController>;
  /** How many VoIP tokens this instance may still forget. */
  readonly voipBreaker: Breaker;
  readonly late: LateWork;
  readonly clock: Clock;
  readonly log: Log;
}

/** FCM asks bulk senders to ramp up over a minute: https://firebase.google.com/docs/cloud-messaging/scale-fcm */
const fcmRampSeconds = 60;

/** An instance's share of the campaign rate. */
export function chooseCampaignSpeed(
  config: Pick<Config, "fcmMessagesPerMinute" | "campaignRampSeconds" | "campaignWorkers">,
): Speed {
  return {
    perSecond: config.fcmMessagesPerMinute / 60 / config.campaignWorkers,
    rampSeconds: Math.min(config.campaignRampSeconds, fcmRampSeconds),
  };
}

/** Builds the services of one instance from its configuration; throws {@link Misconfigured} if that is invalid. */
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
    apns: createApns(config, log),
    campaignPace: createPace(chooseCampaignSpeed(config), systemClock),
    publisher: createPublisher(projectId),
    batcher: new Batcher(),
    unrecorded: new Map(),
    pushing: new Map(),
    voipBreaker: new Breaker(systemClock),
    late: new LateWork(),
    clock: systemClock,
    log,
  };
}

/** What is wrong with APNs' settings must not stop the other phones: FCM rings the iPhones, too. */
function createApns(config: Config, log: Log): ApnsClient | undefined {
  const { apnsKey: key, apnsKeyId: keyId, apnsTeamId: teamId, apnsEmulatorHost: emulatorHost } = config;
  if (key === undefined) return undefined;
  try {
    requireApnsSettings(config);
    return createApnsClient({
      key,
      keyId,
      teamId,
      clock: systemClock,
      onCredentialsRefused: (refusal) => log.error("apns_credentials_refused", { ...refusal }),
      ...(emulatorHost !== undefined && { emulatorHost }),
    });
  } catch (error) {
    log.error("apns_unusable", { error });
    return undefined;
  }
}

/** Closes the clients of {@link createServices}, which makes new ones when it is called again. */
export async function closeServices({ auth, db, fcm, apns, publisher, late }: Services): Promise<void> {
  await Promise.all([publisher.close(), fcm.close(), apns?.close()]);
  await late.settled();
  await db.terminate();
  // The Admin SDK would hand out the closed Firestore client again.
  await deleteApp(auth.app);
}

/** Calls `create` on first use and returns the same value from then on; a failure is not cached. */
export function once<T>(create: () => T): () => T {
  let made: { value: T } | undefined;
  return () => (made ??= { value: create() }).value;
}

/** The services of this instance. Lazy, because params have no value while the Firebase CLI loads the code to deploy it. */
export const services = once(createServices);
