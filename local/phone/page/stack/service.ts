import type { CallReport, CallState, DeviceInput, Registered, ServerSettings } from "../../../../functions/src/wire.ts";
import type { HistoryEntry } from "../../wire.ts";
import type { Network } from "../phone/network.ts";
import { loadHistory } from "./page-server.ts";
import { readField, request } from "./request.ts";
import type { Session } from "./session.ts";
import { StackError } from "./stack-error.ts";

/** The service for a phone of one user: callables over plain HTTP (`{data}` in, `{result}` out), and the call history. */
export class Service {
  readonly #functionsUrl: string;
  readonly #session: Session;
  readonly #network: Pick<Network, "isUp">;

  constructor(functionsUrl: string, session: Session, network: Pick<Network, "isUp">) {
    this.#functionsUrl = functionsUrl;
    this.#session = session;
    this.#network = network;
  }

  async registerDevice(input: DeviceInput): Promise<Registered> {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- wire.ts is what the service answers
    return (await this.#call("registerDevice", input)) as Registered;
  }

  async unregisterDevice(input: Pick<DeviceInput, "deviceId" | "order">): Promise<void> {
    await this.#call("unregisterDevice", input);
  }

  async getServerSettings(): Promise<ServerSettings | null> {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- wire.ts is what the service answers
    return (await this.#call("getServerSettings", {})) as ServerSettings | null;
  }

  async reportCall(report: CallReport): Promise<CallState> {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- wire.ts is what the service answers
    return (await this.#call("reportCall", report)) as CallState;
  }

  /** The user's calls, newest first. */
  async listCalls(): Promise<readonly HistoryEntry[]> {
    this.#requireNetwork();
    return loadHistory(await this.#session.getIdToken());
  }

  async #call(name: string, data: unknown): Promise<unknown> {
    this.#requireNetwork();
    const bearer = await this.#session.getIdToken();
    const url = `${this.#functionsUrl}/${name}`;
    return readField(await request("functions", url, { method: "POST", bearer, body: { data } }), "result");
  }

  #requireNetwork(): void {
    if (!this.#network.isUp) throw new StackError("functions", "The phone has no network");
  }
}
