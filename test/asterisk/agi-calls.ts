import assert from "node:assert/strict";
import { alice, demoKey, startFunctions, type TestFunctions } from "../support/functions.ts";
import { exten, pushesTo, resetState } from "../support/line.ts";
import { until } from "../support/until.ts";
import { createAgiSettings, findPython, type AgiChannel, type AgiRun, type AgiSettings } from "./agi.ts";

const python = findPython();

/** Why these tests are skipped, if they are. In CI a missing Python is a failure. */
export const skip =
  python === undefined && process.env["CI"] === undefined && "the AGI script needs python3, which is not installed";

/** The result of a wait. */
interface Waited {
  readonly result: string | undefined;
  readonly detail: string | undefined;
  /** In seconds. */
  readonly took: number;
}

/** Calls whose channels run the AGI script, and the functions that it calls. */
export class AgiCalls {
  readonly functions: TestFunctions;
  readonly settings: AgiSettings;
  /** The service's base URL. */
  readonly url: string;
  /** Every run of the script so far. */
  readonly runs: AgiRun[] = [];
  /** The Linkedid of this test's call; each test has its own, as the service may still be settling the previous test's. */
  linkedId = "";
  #calls = 0;
  /** The `callId` in the last push to a phone. */
  #callId = "";
  #loggedBefore = 0;

  constructor(functions: TestFunctions, settings: AgiSettings, url: string) {
    this.functions = functions;
    this.settings = settings;
    this.url = url;
  }

  /** Empties the database, and makes the service the only base URL. */
  async begin(): Promise<void> {
    await resetState(this.functions);
    await this.useBases(this.url);
    this.#loggedBefore = this.functions.logged.length;
    this.linkedId = `1763712000.${(this.#calls += 1)}`;
  }

  async useBases(...urls: string[]): Promise<void> {
    const lines = urls.map((base, index) => `url_${index + 1} = ${base} ; a base URL`);
    await this.settings.write([`key = ${demoKey}`, "budget_seconds = 5", ...lines]);
  }

  /** Runs the script on a channel of this test's call. */
  run(channel: Partial<AgiChannel> & Pick<AgiChannel, "mode">): AgiRun {
    const caller = { name: "홍길동", number: "01012345678" };
    const started = this.settings.run({ linkedId: this.linkedId, exten, ...caller, ...channel });
    this.runs.push(started);
    return started;
  }

  /** Runs the script in mode `wait` to its end; returns its result. */
  async wait(seconds = "20", channel: Partial<AgiChannel> = {}): Promise<Waited> {
    const startedAt = performance.now();
    const variables = { PBXPUSH_WAIT: seconds, ...channel.variables };
    const waiting = this.run({ mode: "wait", ...channel, variables });
    assert.equal(await waiting.left, 0, waiting.said.join("\n"));
    const { PBXPUSH_RESULT: result, PBXPUSH_DETAIL: detail } = waiting.variables;
    return { result, detail, took: (performance.now() - startedAt) / 1000 };
  }

  /** Waits for the n-th push to a phone, and until the service has logged the announcement; returns the push's data. */
  async pushTo(token: string | undefined, n = 1): Promise<Record<string, string>> {
    await until(() => this.functions.fcm.messages(token).length >= n);
    const { data } = pushesTo(this.functions, token!)[n - 1];
    this.#callId = data.callId;
    await until(() => this.#woken().some((line) => line.includes(`"${this.#callId}"`)));
    return data;
  }

  /** The number of announcements that the service has logged in this test, those without a phone included. */
  wakings(): number {
    return this.#woken().length;
  }

  #woken(): string[] {
    return this.functions.logged.slice(this.#loggedBefore).filter((line) => line.includes("call_woken"));
  }

  /** Sends a phone's report. */
  async report(event: string): Promise<void> {
    const report = { callId: this.#callId, deviceId: "phone-1", event };
    const { status, text } = await this.functions.call("reportCall", alice, report);
    assert.equal(status, 200, text);
  }

  async close(): Promise<void> {
    await Promise.all([this.settings.remove(), this.functions.close()]);
  }
}

/** Starts the functions, and creates a configuration directory for the script. */
export async function startAgiCalls(): Promise<AgiCalls> {
  const functions = await startFunctions();
  return new AgiCalls(functions, await createAgiSettings(), await functions.servePbx(functions.services));
}
