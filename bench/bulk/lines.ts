import type { Bar } from "../bar.ts";
import { describeSamples, formatNumber, median } from "../statistics.ts";
import type { CallComparison } from "./calls-during-sweep.ts";
import type { Comparison } from "./fan-out.ts";
import type { Sent } from "./sender.ts";
import type { MillionSweep } from "./sweep-a-million.ts";

/** One line of the table: what was measured, our value, the peer's, and the promise. */
export interface Line {
  readonly what: string;
  readonly ours: string;
  readonly peer: string;
  readonly ratio: string;
  /** Absent without a promise. */
  readonly bar?: Bar;
}

const perCpuSecond = ({ messages, cpuSeconds }: Sent): number => messages / cpuSeconds;
const perSecond = ({ messages, seconds }: Sent): number => messages / seconds;

/** Messages per CPU second with an FCM that answers at once. */
export function describePlainFanOut(rounds: Comparison): Line {
  const { ours, peer } = rounds;
  const ratio = compare(rounds, perCpuSecond);
  return {
    what: "messages per CPU second, FCM answers at once",
    ours: describeSamples(ours.map(perCpuSecond)),
    peer: `${describeSamples(peer.map(perCpuSecond))} sendEach`,
    ratio: `${formatNumber(ratio, 2)} ×`,
    bar: { what: "messages a CPU second ÷ sendEach's", value: ratio, promise: { least: 1.5 }, alarm: 1.1 },
  };
}

/** The same compared with h2load, if that is installed. */
export function describeLimit({ ours }: Comparison, limit: number | undefined): readonly Line[] {
  if (limit === undefined) return [];
  const rate = median(ours.map(perCpuSecond));
  return [
    {
      what: "the same, compared with a sender that builds no message",
      ours: formatNumber(rate),
      peer: `${formatNumber(limit)} h2load`,
      ratio: `${formatNumber(rate / limit, 2)} ×`,
    },
  ];
}

/** Messages per second of one process with an FCM that answers in 100 ms. */
export function describeLatentFanOut(rounds: Comparison): readonly Line[] {
  const { ours, peer } = rounds;
  const rate = median(ours.map(perSecond));
  const ratio = compare(rounds, perSecond);
  const sent = describeSamples(ours.map(perSecond));
  return [
    {
      what: "messages per second, FCM answers in 100 ms",
      ours: sent,
      peer: `${describeSamples(peer.map(perSecond))} sendEachForMulticast(500) in a loop`,
      ratio: `${formatNumber(ratio, 1)} ×`,
      bar: {
        what: "messages a second at 100 ms ÷ sendEachForMulticast's",
        value: ratio,
        promise: { least: 5 },
        alarm: 5,
      },
    },
    {
      what: "the same",
      ours: sent,
      peer: "",
      ratio: "",
      bar: { what: "messages a second at 100 ms, one process", value: rate, promise: { least: 10_000 } },
    },
  ];
}

/** Cost of a sweep of all devices. */
export function describeMillion(sweep: MillionSweep): readonly Line[] {
  const { devices, shards, accepted, billed, maxRssMiB, seconds, cpuSeconds } = sweep;
  const reads = Object.values(billed).reduce((sum, { reads: some }) => sum + some, 0);
  const most = Math.ceil(devices / 1000);
  const what = `a sweep of ${formatNumber(devices)} devices in ${formatNumber(shards)} documents`;
  const none = { peer: "", ratio: "" };
  return [
    {
      ...none,
      what: `${what}: accepted`,
      ours: formatNumber(accepted),
      bar: { what: "devices that a sweep does not reach", value: devices - accepted, promise: { most: 0 }, alarm: 0 },
    },
    {
      ...none,
      what: "  documents read",
      ours: formatNumber(reads),
      bar: { what: "documents read for a sweep", value: reads, promise: { most }, alarm: most },
    },
    {
      ...none,
      what: "  the worker's peak memory",
      ours: `${formatNumber(maxRssMiB)} MiB`,
      bar: { what: "peak memory of the sweep's worker, MiB", value: maxRssMiB, promise: { most: 256 }, alarm: 300 },
    },
    {
      ...none,
      what: "  one worker at FCM's default quota",
      ours: `${formatNumber(seconds)} s, ${formatNumber(cpuSeconds)} CPU s`,
    },
  ];
}

/** How long a PBX waits for the answer to a call, with and without a sweep. */
export function describeCalls({ alone, during, devices, sweepSeconds }: CallComparison): readonly Line[] {
  const line = (name: string, percent: "p50" | "p99"): Line => ({
    what: `POST /calls, ${name}, while ${formatNumber(devices)} devices are swept (${formatNumber(sweepSeconds)} s)`,
    ours: `${formatNumber(during[percent], 1)} ms`,
    peer: `${formatNumber(alone[percent], 1)} ms without a sweep`,
    ratio: `${formatNumber(during[percent] / alone[percent], 2)} ×`,
  });
  return [line("median", "p50"), line("p99", "p99")];
}

/** The median of the rounds' ratios: within a round, noise of the machine affects both sides alike. */
function compare({ ours, peer }: Comparison, measure: (sent: Sent) => number): number {
  return median(ours.map((sent, round) => measure(sent) / measure(peer[round] ?? sent)));
}
