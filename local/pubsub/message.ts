import { invalidArgument } from "./rpc-error.ts";
import { toTimestamp, type WireMessage } from "./wire.ts";

// https://cloud.google.com/pubsub/quotas#resource_limits
const maxAttributes = 100;
const maxAttributeKeyBytes = 256;
const maxAttributeValueBytes = 1024;
const maxOrderingKeyBytes = 1024;
const maxPublishMessages = 1000;
const maxPublishBytes = 10_000_000;

/** A published message, shared unchanged by every subscription that holds it. */
export interface StoredMessage {
  readonly wire: WireMessage & { messageId: string };
  /** Size for a subscriber's flow control. */
  readonly bytes: number;
}

/** Checks the messages of one Publish against the limits of the real service. */
export function parseMessages(messages: readonly WireMessage[] | null | undefined): readonly WireMessage[] {
  const count = messages?.length ?? 0;
  if (!messages || count === 0) throw invalidArgument("A publish request needs at least one message");
  if (count > maxPublishMessages) {
    throw invalidArgument(`A publish request may hold ${maxPublishMessages} messages, this one holds ${count}`);
  }
  for (const message of messages) assertMessage(message);
  const bytes = messages.reduce((sum, message) => sum + countBytes(message), 0);
  if (bytes > maxPublishBytes) {
    throw invalidArgument(`A publish request may hold ${maxPublishBytes} bytes, this one holds ${bytes}`);
  }
  return messages;
}

/** Gives a message its id and publish time. */
export function buildStoredMessage(message: WireMessage, messageId: string, publishedAt: number): StoredMessage {
  const { data = null, attributes = null, orderingKey } = message;
  return {
    wire: { data, attributes, orderingKey: orderingKey ?? "", messageId, publishTime: toTimestamp(publishedAt) },
    bytes: countBytes(message),
  };
}

function assertMessage({ data, attributes, orderingKey }: WireMessage): void {
  const entries = Object.entries(attributes ?? {});
  if ((data?.length ?? 0) === 0 && entries.length === 0) {
    throw invalidArgument("Each message must contain either non-empty data, or at least one attribute");
  }
  if (entries.length > maxAttributes) throw invalidArgument(`A message may have ${maxAttributes} attributes`);
  for (const [key, value] of entries) {
    if (key === "" || Buffer.byteLength(key) > maxAttributeKeyBytes) {
      throw invalidArgument(`An attribute's key must be 1 to ${maxAttributeKeyBytes} bytes: "${key}"`);
    }
    if (Buffer.byteLength(value) > maxAttributeValueBytes) {
      throw invalidArgument(`The value of attribute "${key}" is longer than ${maxAttributeValueBytes} bytes`);
    }
  }
  if (Buffer.byteLength(orderingKey ?? "") > maxOrderingKeyBytes) {
    throw invalidArgument(`An ordering key may be ${maxOrderingKeyBytes} bytes`);
  }
}

function countBytes({ data, attributes, orderingKey }: WireMessage): number {
  const bytes = (data?.length ?? 0) + Buffer.byteLength(orderingKey ?? "");
  return Object.entries(attributes ?? {}).reduce(
    (sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value),
    bytes,
  );
}
