import type { CallReport, CallState } from "../../functions/src/wire.ts";
import type { AcceptedMessage } from "../../packages/push-emulator/src/emulator.ts";
import { issueIdToken, type Person } from "../support/identity.ts";
import type { World } from "./world.ts";

/** One app install: what reaches it, and what it says. */
export class Phone {
  readonly deviceId: string;
  readonly person: Person;
  /** Its registrations at FCM, the present one last. */
  readonly tokens: string[] = [];
  readonly #world: World;

  constructor(world: World, person: Person, deviceId: string) {
    this.#world = world;
    this.person = person;
    this.deviceId = deviceId;
  }

  get token(): string {
    return this.tokens.at(-1) ?? "";
  }

  /** Gets a new registration from FCM and tells the service. */
  async register(): Promise<void> {
    const { token } = this.#world.surroundings.fcm.createRegistration();
    this.tokens.push(token);
    const registration = { kind: "token", value: token };
    await this.#call(this.#world.registerDevice.url, { deviceId: this.deviceId, platform: "android", registration });
  }

  setState(state: "online" | "offline" | "uninstalled"): void {
    this.#world.surroundings.fcm.setState(this.token, state);
  }

  /** Says how it is getting on; rejects when the service has not heard it. */
  async report(report: Omit<CallReport, "deviceId">, url = this.#world.reportCall.url): Promise<CallState> {
    return (await this.#call(url, { ...report, deviceId: this.deviceId })) as CallState;
  }

  /** The same about the ring that woke it last, which it knows from the push alone. */
  async reportRing(event: CallReport["event"], url?: string): Promise<CallState> {
    const push = this.delivered().findLast((message) => readData(message)["type"] === "incoming_call");
    return this.report({ callId: (push && readData(push)["callId"]) ?? "", event }, url);
  }

  /** Every push about calls that FCM has taken for it, oldest first. */
  accepted(): readonly AcceptedMessage[] {
    const messages = this.tokens.flatMap((token) => this.#world.surroundings.fcm.messages(token));
    return messages.filter((message) => readData(message)["type"] !== "silent");
  }

  /** Those of them that have reached it. */
  delivered(): readonly AcceptedMessage[] {
    return this.accepted().filter(({ delivery }) => delivery === "delivered");
  }

  async #call(url: string, data: object): Promise<unknown> {
    const response = await fetch(url, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        authorization: `Bearer ${issueIdToken(this.#world.surroundings.projectId, this.person)}`,
      },
      body: JSON.stringify({ data }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(text);
    return (JSON.parse(text) as { result: unknown }).result;
  }
}

/** The data of a push as the app gets it. */
export function readData({ message }: AcceptedMessage): Readonly<Record<string, string>> {
  return (message as { data?: Record<string, string> }).data ?? {};
}
