import { demoApnsKey } from "../packages/push-emulator/src/apns/demo-key.ts";

/** The topic of the demo's iPhone app. */
export const voipTopic = "com.example.app.voip";

/** The settings of functions that send VoIP pushes to the push emulator, with its demo key. */
export const demoApns = {
  APNS_KEY: demoApnsKey.key,
  APNS_KEY_ID: demoApnsKey.keyId,
  APNS_TEAM_ID: demoApnsKey.teamId,
  APNS_TOPICS: voipTopic,
} as const;
