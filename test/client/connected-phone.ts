import { after, type TestContext } from "node:test";
import { WebSocket } from "ws";
import type { CallClientOptions } from "../../packages/client/src/call-client.ts";
import { startHub } from "../../local/pbx/hub.ts";
import { createPhone, newchannel } from "../support/phone.ts";
import { until } from "../support/until.ts";

/** A PBX's WebSocket server for the tests of a file, and phones that are connected to it. */
export async function startPbx() {
  const hub = await startHub();
  const pbx = new WebSocket(hub.url);
  after(() => hub.close());
  await new Promise((resolve) => pbx.once("open", resolve));
  return {
    send: (message: string | Buffer) => pbx.send(message),
    /** A phone in the foreground, with an open socket. */
    openPhone: async (t: TestContext, options: Partial<CallClientOptions> = {}) => {
      const phone = createPhone({ port: hub.port, ...options });
      t.after(() => phone.client.disconnect());
      await phone.client.ensureConnected();
      return {
        ...phone,
        /**
         * Sends messages as the PBX does, and waits until the phone has handled them all; returns what the user was shown.
         */
        hear: async (...messages: (string | Buffer)[]) => {
          for (const message of messages) pbx.send(message);
          const last = `last-${Math.random()}`;
          const seen = phone.told.length;
          pbx.send(newchannel({ Linkedid: last, CallerIDName: last, Exten: options.extens?.[0] ?? "07045144801" }));
          await until(() => phone.told.includes(`incoming ${last}`) || phone.told.includes(`waiting ${last}`));
          const told = phone.told.filter((line) => !line.includes(last));
          pbx.send(hangup(last));
          await until(() => phone.told.some((line) => line.startsWith(`ended ${last}`)));
          return told.slice(seen);
        },
      };
    },
  };
}

/** The Hangup event of a channel: the call's first, unless another is named. */
export function hangup(linkedId = "1763712000.17", uniqueId = linkedId): string {
  return newchannel({ Event: "Hangup", Linkedid: linkedId, Uniqueid: uniqueId, Cause: "16" });
}
