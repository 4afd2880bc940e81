import {
  CallClient,
  type CallReport,
  type CallState,
  type ServerSettings,
} from "../../packages/client/src/call-client.ts";
import type { PushEmulator } from "../../packages/push-emulator/src/emulator.ts";
import { demo } from "./demo.ts";
import { logIn } from "./demo-user.ts";
import { listenForPushes, type Pushes } from "./pushes.ts";

/** The demo phone: its suspended app, and the pushes that the system receives for it. */
export interface DemoPhone {
  readonly client: CallClient;
  readonly pushes: Pushes;
  close(): void;
}

/** Starts the demo phone; `onReport` is called before each report is sent. */
export async function startDemoPhone(
  fcm: PushEmulator,
  token: string,
  onReport: (report: CallReport) => void = () => undefined,
): Promise<DemoPhone> {
  const call = await logIn();
  const client = new CallClient({
    deviceId: demo.deviceId,
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- wire.ts is what the service answers
    loadServerSettings: async () => (await call("getServerSettings", {})) as ServerSettings | null,
    reportCall: async (report) => {
      onReport(report);
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- wire.ts is what the service answers
      return (await call("reportCall", report)) as CallState;
    },
  });
  const pushes = await listenForPushes(`${fcm.url}/emulator/v1/registrations/${encodeURIComponent(token)}/stream`);
  return {
    client,
    pushes,
    close: () => {
      pushes.close();
      client.close();
    },
  };
}
