import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";

const root = join(import.meta.dirname, "../..");

interface Locked {
  readonly version?: string;
  readonly license?: string;
  readonly resolved?: string;
  readonly link?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** A package that is installed with another. */
export interface Shipped extends Locked {
  readonly name: string;
  /** Its folder. */
  readonly path: string;
}

/** What npm installs with the package of `from`, itself excluded, by a folder's package-lock.json. */
export function listShipped(folder: string, from = ""): readonly Shipped[] {
  const file = readFileSync(join(root, folder, "package-lock.json"), "utf8");
  const { packages } = JSON.parse(file) as { packages: Record<string, Locked> };
  const found = new Map<string, Shipped>();
  const visit = (at: string) => {
    const { dependencies, optionalDependencies } = packages[at]!;
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
      const place = resolve(packages, at, name);
      if (place === undefined || found.has(place)) continue;
      // An alias has its package's own name in the entry.
      found.set(place, { name, ...packages[place]!, path: join(root, folder, place) });
      visit(place);
    }
  };
  visit(from);
  return [...found.values()];
}

/** Where Node finds a package from a folder: in the nearest node_modules. */
function resolve(packages: Readonly<Record<string, Locked>>, from: string, name: string): string | undefined {
  for (let at = from; ; at = dirname(at)) {
    const place = join(at === "." ? "" : at, "node_modules", name);
    if (place in packages) return place;
    if (at === "." || at === "") return undefined;
  }
}
