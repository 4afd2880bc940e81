import type { CallReport, CallState } from "../../functions/src/wire.ts";
import type { AcceptedMessage } from "../../packages/push-emulator/src/emulator.ts";
import { issueIdToken, type Person } from "../support/identity.ts";
import { voipTopic } from "../../harness/demo-apns.ts";
import type { SharedServices } from "./shared-services.ts";

/** One app install: the pushes it gets and the reports it sends. */
export class Phone {
  readonly deviceId: string;
  readonly person: Person;
  /** Whether it has a VoIP token. */
  readonly isIphone: boolean;
  /** Its registrations at FCM, the current one last. */
  readonly tokens: string[] = [];
  readonly #shared: SharedServices;

  constructor(shared: SharedServices, person: Person, deviceId: string, isIphone: boolean) {
    this.#shared = shared;
    this.person = person;
    this.deviceId = deviceId;
    this.isIphone = isIphone;
  }

  get token(): string {
    return this.tokens.at(-1) ?? "";
  }

  /** Gets a new registration from FCM, an iPhone a VoIP token as well, and tells the service. */
  async register(): Promise<void> {
    const platform = this.isIphone ? "ios" : "android";
    const { token, voipToken } = this.#shared.surroundings.fcm.createRegistration({ platform });
    this.tokens.push(token);
    const voip = this.isIphone ? { token: voipToken, topic: voipTopic, environment: "production" } : undefined;
    const registration = { kind: "token", value: token };
    await this.#call(this.#shared.registerDevice.url, { deviceId: this.deviceId, platform, registration, voip });
  }

  setState(state: "online" | "offline" | "uninstalled"): void {
    this.#shared.surroundings.fcm.setState(this.token, state);
  }

  /** Reports an event of a ring; rejects when the service does not answer with success. */
  async report(report: Omit<CallReport, "deviceId">, url = this.#shared.reportCall.url): Promise<CallState> {
    return (await this.#call(url, { ...report, deviceId: this.deviceId })) as CallState;
  }

  /** Reports an event of the last ring that woke it, which it knows only from the push. */
  async reportRing(event: CallReport["event"], url?: string): Promise<CallState> {
    const push = this.delivered().findLast((message) => readData(message)["type"] === "incoming_call");
    return this.report({ callId: (push && readData(push)["callId"]) ?? "", event }, url);
  }

  /** The pushes that FCM accepted for it, silent ones aside, oldest first. */
  accepted(): readonly AcceptedMessage[] {
    const messages = this.tokens.flatMap((token) => this.#shared.surroundings.fcm.messages(token));
    return messages.filter((message) => readData(message)["type"] !== "silent");
  }

  /** The accepted pushes that reached it. */
  delivered(): readonly AcceptedMessage[] {
    return this.accepted().filter(({ delivery }) => delivery === "delivered");
  }

  async #call(url: string, data: object): Promise<unknown> {
    const response = await fetch(url, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        authorization: `Bearer ${issueIdToken(this.#shared.surroundings.projectId, this.person)}`,
      },
      body: JSON.stringify({ data }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(text);
    return (JSON.parse(text) as { result: unknown }).result;
  }
}

/** The data of a push as the app gets it. */
export function readData(push: AcceptedMessage): Readonly<Record<string, string>> {
  if (push.channel === "apns") return push.payload as Record<string, string>;
  return (push.message as { data?: Record<string, string> }).data ?? {};
}
