import type { BacklogPolicy } from "./backlog.ts";
import { parseResourceName } from "./resource-names.ts";
import { invalidArgument, unimplementedField } from "./rpc-error.ts";
import { toMs, type WireDuration, type WireSubscription } from "./wire.ts";

const secondMs = 1000;
const dayMs = 86_400 * secondMs;

// Defaults and limits of https://cloud.google.com/pubsub/docs/subscription-properties
const defaultAckDeadlineSeconds = 10;
const maxAckDeadlineSeconds = 600;
const defaultRetentionMs = 7 * dayMs;
const minRetentionMs = 600 * secondMs;
const maxRetentionMs = 31 * dayMs;
const defaultMinBackoffMs = 10 * secondMs;
const maxBackoffMs = 600 * secondMs;
const defaultDeliveryAttempts = 5;
const maxDeliveryAttempts = 100;

/** Checks a subscription's configuration and fills in the defaults the real service would answer with. */
export function parseSubscription(config: WireSubscription): WireSubscription & { name: string } {
  const name = parseResourceName("subscriptions", config.name);
  assertSupported(config);
  const ackDeadlineSeconds = parseAckDeadline(config.ackDeadlineSeconds || defaultAckDeadlineSeconds);
  assertBetween("message_retention_duration", retentionMs(config), minRetentionMs, maxRetentionMs);
  const { minMs, maxMs } = parseBackoff(config) ?? { minMs: 0, maxMs: 0 };
  if (minMs > maxMs) throw invalidArgument("retry_policy.minimum_backoff must not exceed maximum_backoff");
  return {
    expirationPolicy: { ttl: toDuration(31 * dayMs) },
    ...config,
    name,
    ackDeadlineSeconds,
    messageRetentionDuration: toDuration(retentionMs(config)),
    ...(config.deadLetterPolicy && { deadLetterPolicy: parseDeadLetterPolicy(config) }),
    state: "ACTIVE",
  };
}

/** Checks an ack deadline for the stream or subscription it is the default of. */
export function parseAckDeadline(seconds: number): number {
  if (seconds >= defaultAckDeadlineSeconds && seconds <= maxAckDeadlineSeconds) return seconds;
  throw invalidArgument(
    `The ack deadline must be ${defaultAckDeadlineSeconds} to ${maxAckDeadlineSeconds} seconds, not ${seconds}`,
  );
}

/** Checks a deadline given to messages already delivered, where 0 means to give them back; answers in milliseconds. */
export function parseModifiedDeadlineMs(seconds: number | null | undefined): number {
  const value = seconds ?? 0;
  if (value >= 0 && value <= maxAckDeadlineSeconds) return value * secondMs;
  throw invalidArgument(`The new ack deadline must be 0 to ${maxAckDeadlineSeconds} seconds, not ${value}`);
}

/** What a parsed configuration means for the backlog, dead letters aside. */
export function buildPolicy(config: WireSubscription): Omit<BacklogPolicy, "deadLetter"> {
  return {
    ordered: config.enableMessageOrdering ?? false,
    retentionMs: retentionMs(config),
    backoff: parseBackoff(config),
  };
}

function retentionMs(config: WireSubscription): number {
  return toMs(config.messageRetentionDuration, defaultRetentionMs);
}

function parseBackoff({ retryPolicy }: WireSubscription): BacklogPolicy["backoff"] {
  if (!retryPolicy) return undefined;
  const minMs = toMs(retryPolicy.minimumBackoff, defaultMinBackoffMs);
  const maxMs = toMs(retryPolicy.maximumBackoff, maxBackoffMs);
  assertBetween("retry_policy.minimum_backoff", minMs, 0, maxBackoffMs);
  assertBetween("retry_policy.maximum_backoff", maxMs, 0, maxBackoffMs);
  return { minMs, maxMs };
}

function parseDeadLetterPolicy({ deadLetterPolicy }: WireSubscription) {
  const attempts = deadLetterPolicy?.maxDeliveryAttempts || defaultDeliveryAttempts;
  if (attempts < defaultDeliveryAttempts || attempts > maxDeliveryAttempts) {
    throw invalidArgument(
      `dead_letter_policy.max_delivery_attempts must be ${defaultDeliveryAttempts} to ${maxDeliveryAttempts}, not ${attempts}`,
    );
  }
  return {
    deadLetterTopic: parseResourceName("topics", deadLetterPolicy?.deadLetterTopic),
    maxDeliveryAttempts: attempts,
  };
}

function assertBetween(field: string, ms: number, min: number, max: number): void {
  if (ms >= min && ms <= max) return;
  throw invalidArgument(`${field} must be ${min / secondMs} to ${max / secondMs} seconds, not ${ms / secondMs}`);
}

function toDuration(ms: number): WireDuration {
  return { seconds: Math.floor(ms / secondMs), nanos: Math.round((ms % secondMs) * 1e6) };
}

function assertSupported(config: WireSubscription): void {
  if (config.pushConfig?.pushEndpoint) throw unimplementedField("Subscription.push_config.push_endpoint");
  if (config.filter) throw unimplementedField("Subscription.filter");
  if (config.enableExactlyOnceDelivery) throw unimplementedField("Subscription.enable_exactly_once_delivery");
  if (config.bigqueryConfig) throw unimplementedField("Subscription.bigquery_config");
  if (config.cloudStorageConfig) throw unimplementedField("Subscription.cloud_storage_config");
  if (config.bigtableConfig) throw unimplementedField("Subscription.bigtable_config");
  if (config.messageTransforms?.length) throw unimplementedField("Subscription.message_transforms");
}
