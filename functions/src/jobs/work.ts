import type { MessagePublishedData } from "firebase-functions/v2/pubsub";
import type { CloudEvent } from "firebase-functions/v2/core";
import type { z } from "zod";
import { TryAgain } from "../errors.ts";
import { services, type Services } from "../services.ts";

/**
 * Builds a handler of Pub/Sub messages. If the work throws, Pub/Sub redelivers the message. An unreadable message is
 * logged and dropped, because it would come back unchanged.
 */
export function workMessage<Schema extends z.ZodType>(
  schema: Schema,
  work: (services: Services, input: z.output<Schema>) => Promise<void>,
): (event: CloudEvent<MessagePublishedData>) => Promise<void> {
  return async ({ data: { message } }) => {
    const { log } = services();
    const input = schema.safeParse(readJson(message));
    if (!input.success) {
      log.error("message_unreadable", { messageId: message.messageId, issues: input.error.issues.length });
      return;
    }
    try {
      await work(services(), input.data);
    } catch (error) {
      if (error instanceof TryAgain)
        log.info("message_comes_again", { messageId: message.messageId, reason: error.message });
      else log.error("message_failed", { messageId: message.messageId, error });
      throw error;
    }
  };
}

function readJson(message: MessagePublishedData["message"]): unknown {
  try {
    return message.json;
  } catch {
    return undefined;
  }
}
