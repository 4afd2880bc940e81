import type { InstallState, KnownInstall, PushListener } from "../../../local/phone/page/stack/push-service.ts";
import type { ServerSettings } from "../../../functions/src/wire.ts";
import type { Push } from "../../../local/phone/page/stack/push.ts";

/** The push services, as one install sees them: what comes while it is offline is kept. */
class PushesStub {
  state: InstallState = "online";
  isKnown = true;
  isFailing = false;
  /** Tokens of apps that were uninstalled. */
  readonly gone = new Set<string>();
  /** What the inbox calls the phone. */
  name: string | undefined;
  /** A change of the state waits for this. */
  held: Promise<void> | undefined;
  #kept: readonly Push[] = [];
  #listener: PushListener | undefined;

  async install(_platform: string, name: string): Promise<KnownInstall> {
    this.name = name;
    return { token: "token-1", state: this.state };
  }

  async find(token: string): Promise<KnownInstall | undefined> {
    return this.isKnown ? { token, state: this.gone.has(token) ? "uninstalled" : this.state } : undefined;
  }

  async setState(_token: string, state: InstallState): Promise<void> {
    if (this.isFailing) throw new Error("no answer");
    await this.held;
    this.state = state;
    const kept = state === "online" ? this.#kept : [];
    if (state === "online") this.#kept = [];
    for (const push of kept) this.#listener?.onPush(push);
  }

  async listen(_token: string, _platform: string, listener: PushListener) {
    this.#listener = listener;
    listener.onLive(true);
    return {
      close: () => {
        this.#listener = undefined;
      },
    };
  }

  push(push: Push): void {
    if (this.state === "online" && this.#listener !== undefined) this.#listener.onPush(push);
    else this.#kept = [...this.#kept, push];
  }
}

interface StubRequest {
  readonly name: string;
  readonly data: Record<string, unknown>;
}

/** The parts of the stack that a phone speaks to. */
export class StackStub {
  readonly pushes = new PushesStub();
  /** The requests to the service, in order. */
  readonly requests: StubRequest[] = [];
  /** The PBX's address; without one, the service never answers that question. */
  serverSettings: ServerSettings | undefined;
  readonly #held = new Map<string, Promise<void>>();

  /** Keeps the answers of a callable until the returned function is called. */
  hold(name: string): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#held.set(name, promise);
    return resolve;
  }

  names(): readonly string[] {
    return this.requests.map(({ name }) => name);
  }

  reports(): readonly string[] {
    const reports = this.requests.filter(({ name }) => name === "reportCall");
    return reports.map(({ data }) => `${String(data["callId"])} ${String(data["event"])}`);
  }

  readonly fetch = async (url: unknown, init?: RequestInit): Promise<Response> => {
    const name = String(url).split("/").at(-1) ?? "";
    const { data = {} } = JSON.parse(typeof init?.body === "string" ? init.body : "{}") as Partial<StubRequest>;
    if (name !== "getServerSettings") this.requests.push({ name, data });
    await this.#held.get(name);
    if (name === "getServerSettings" && this.serverSettings === undefined) return new Promise(() => undefined);
    if (name === "getServerSettings") return Response.json({ result: this.serverSettings });
    return Response.json({ result: answer(name, data) });
  };
}

function answer(name: string, { callId }: StubRequest["data"]): unknown {
  if (name === "registerDevice") return { extens: ["07045144801"], serverSettings: null };
  return name === "reportCall" ? { callId, status: "notified", ringing: true } : {};
}
