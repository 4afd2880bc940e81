// https://chromedevtools.github.io/devtools-protocol/tot/Profiler/#type-Profile

/** The used part of V8's profile; times in microseconds. */
export interface CpuProfile {
  readonly nodes: readonly ProfileNode[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

interface ProfileNode {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string };
  readonly children?: readonly number[];
}

/** An owner's share of the busy time, from 0 to 1. */
export interface Share {
  readonly name: string;
  readonly share: number;
}

/** Shares of the packages in the busy time, largest first. Uses the second half of the profile, when everything is warm. */
export function computeShares({ nodes, samples, timeDeltas }: CpuProfile): readonly Share[] {
  const owners = findOwners(nodes);
  const times = new Map<string, number>();
  let total = 0;
  for (let nth = Math.floor(samples.length / 2); nth < samples.length; nth += 1) {
    const owner = owners.get(samples[nth] ?? 0) ?? "node";
    if (owner === "(idle)") continue;
    const time = timeDeltas[nth] ?? 0;
    total += time;
    times.set(owner, (times.get(owner) ?? 0) + time);
  }
  return [...times]
    .map(([name, time]) => ({ name, share: time / total }))
    .toSorted((one, other) => other.share - one.share);
}

/** The owner of each node: the nearest package up its stack. */
function findOwners(nodes: readonly ProfileNode[]): ReadonlyMap<number, string> {
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)));
  const owners = new Map<number, string>();
  // V8 lists a node before its children.
  for (const { id, callFrame } of nodes) {
    owners.set(id, nameOwner(callFrame) ?? owners.get(parents.get(id) ?? 0) ?? "node");
  }
  return owners;
}

function nameOwner({ functionName, url }: ProfileNode["callFrame"]): string | undefined {
  if (functionName === "(idle)" || functionName === "(garbage collector)") return functionName;
  const [, name] = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url) ?? [];
  return name ?? (url.includes("/functions/lib/") ? "pbx-push" : undefined);
}
