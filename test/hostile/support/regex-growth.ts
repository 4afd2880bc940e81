/** The longest text tried: as long as the largest header or field that a client can send. */
const longest = 16_384;

/** Shorter matches say nothing about growth: timer resolution and garbage collection take as long. */
const measurableMs = 1.5;

/** From n to 4n, linear time grows fourfold, quadratic time sixteenfold. */
const allowedRatio = 9;

/** Builds a text of length n. */
export type Pump = (n: number) => string;

/** A pump that makes a match superlinear, and by how much; `undefined` when none does. */
export function findSteepGrowth(regex: RegExp, pumps: readonly Pump[]): string | undefined {
  for (const pump of pumps) {
    const steep = measureGrowth(regex, pump);
    if (steep !== undefined) return steep;
  }
  return undefined;
}

/**
 * Grows the text in small steps and stops where the match becomes slow, because a match of exponential time would never end.
 */
function measureGrowth(regex: RegExp, pump: Pump): string | undefined {
  for (let n = 12; n <= longest; n = Math.ceil(n * 1.35)) {
    const slow = timeMatch(regex, pump(n));
    if (slow < measurableMs) continue;
    const ratio = best(regex, pump(n)) / Math.max(best(regex, pump(Math.floor(n / 4))), 0.02);
    if (ratio > allowedRatio)
      return `${JSON.stringify(pump(12))}, of length ${n}: ${ratio.toFixed(0)} times that of ${n / 4}`;
  }
  return undefined;
}

function best(regex: RegExp, text: string): number {
  return Math.min(...[1, 2, 3].map(() => timeMatch(regex, text)));
}

function timeMatch(regex: RegExp, text: string): number {
  const startedAt = performance.now();
  regex.lastIndex = 0;
  regex.exec(text);
  return performance.now() - startedAt;
}

/** Every short piece of a sample, repeated in its place, with and without an end on which a match fails. */
export function buildPumps(samples: Iterable<string>): readonly Pump[] {
  const pumps = new Map<string, Pump>();
  for (const sample of samples) {
    for (let at = 0; at < Math.min(sample.length, 24); at += 1) {
      for (const width of [1, 2, 3]) {
        const piece = sample.slice(at, at + width);
        const before = sample.slice(0, at);
        for (const end of ["", "\0", sample.slice(at + width)]) {
          const name = JSON.stringify([before, piece, end]);
          pumps.set(name, (n) => before + piece.repeat(Math.ceil(n / Math.max(1, piece.length))) + end);
        }
      }
    }
  }
  return [...pumps.values()];
}
