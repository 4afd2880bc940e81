import { refuseInput } from "../errors.ts";
import { checkMessage } from "../fcm/check-message.ts";
import type { FcmMessage, Target } from "../fcm/message.ts";

/** Throws {@link InvalidRequest} naming everything that FCM would refuse. */
export function requireSendable(message: FcmMessage, kind: Target["kind"] = "token"): void {
  const issues = checkMessage(message, { kind }).map(({ path, message: text }) => ({ path, message: text }));
  if (issues.length > 0) refuseInput(issues);
}
