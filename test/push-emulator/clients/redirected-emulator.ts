import { startPushEmulator } from "../../../packages/push-emulator/src/emulator.ts";
import type { PushEmulator } from "../../../packages/push-emulator/src/emulator.ts";
import { redirectGoogle } from "../../../packages/push-emulator/src/redirect-hosts.ts";

/** Starts an emulator and redirects this process's connections to FCM to it until it is closed. */
export async function startRedirectedEmulator(projectId: string): Promise<PushEmulator> {
  const emulator = await startPushEmulator({ port: 0, tls: true, projectId });
  const restore = redirectGoogle(emulator.address, { ca: emulator.ca });
  return {
    ...emulator,
    get counters() {
      return emulator.counters;
    },
    close: async () => {
      restore();
      await emulator.close();
    },
  };
}
