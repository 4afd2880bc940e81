import { startFunction } from "../../harness/function-process.ts";
import { callOnce } from "../bulk/steady-calls.ts";
import { readCpuSeconds } from "../cpu-time.ts";
import { heapFlag } from "../google/google.ts";
import type { Cloud } from "./cloud.ts";

/** Times of one cold start, in milliseconds since the start of its process. */
export interface Start {
  /** The process accepts connections. */
  readonly listeningMs: number;
  /** FCM has accepted the push of its first call. */
  readonly acceptedMs: number;
  /** The PBX has its answer. */
  readonly answeredMs: number;
  /** CPU time of the process by then; a busy machine changes it less. */
  readonly cpuMs: number;
}

/** Starts `pbx` of a folder in a new process and places a call as soon as it listens; rejects if the call reaches no phone. */
export async function measureStart(
  cloud: Cloud,
  { source, whose }: { readonly source: string; readonly whose: "ours" | "theirs" },
): Promise<Start> {
  const push = cloud.nextPush();
  const environment = cloud.environment(whose);
  const startedAt = performance.now();
  const pbx = await startFunction("pbx", { signatureType: "http", environment, source, flags: [heapFlag] });
  const listeningAt = performance.now();
  try {
    await callOnce(pbx.url);
    const answeredAt = performance.now();
    const acceptedAt = await push;
    return {
      listeningMs: listeningAt - startedAt,
      acceptedMs: acceptedAt - startedAt,
      answeredMs: answeredAt - startedAt,
      cpuMs: (await readCpuSeconds(pbx.pid)) * 1000,
    };
  } catch (cause) {
    throw new Error(`No call from ${source}:\n${pbx.output().slice(-2000)}`, { cause });
  } finally {
    await pbx.kill();
  }
}
