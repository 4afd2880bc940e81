import type { Push } from "../stack/push.ts";
import type { App } from "./app.ts";
import { Notifications } from "./notifications.ts";
import { PhoneApp } from "./phone-app.ts";
import type { System, SystemOptions } from "./system.ts";
import { describe, notePush } from "./traced-client.ts";

/** Android: each push wakes the app, which draws its calls itself. */
export class Android implements System {
  readonly notifications: Notifications;
  readonly #options: SystemOptions;

  constructor(options: SystemOptions) {
    this.#options = options;
    this.notifications = new Notifications(options.parts.onChange);
  }

  buildApp(extens: () => readonly string[]): App {
    const { parts } = this.#options;
    return new PhoneApp(parts, extens, {
      show: (call) => parts.trace.noteCall(describe(call), { kind: "shown", waiting: call.waiting }),
      end: (call, reason) => parts.trace.noteCall(describe(call), { kind: "ended", reason }),
    });
  }

  async receive(push: Push): Promise<void> {
    const { parts, process } = this.#options;
    const call = notePush(parts.trace, push);
    if (push.text !== undefined) this.notifications.show(push.text, push.data);
    const app = await process.find();
    await app?.receive(push.data, call);
  }

  forgetInstall(): void {
    this.notifications.remove(() => true);
  }
}
