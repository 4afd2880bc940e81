// Google's own emulators of Firestore and Pub/Sub, which are Java programs: https://firebase.google.com/docs/emulator-suite
import { execFile } from "node:child_process";
import { existsSync, globSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

/** An emulator, and the places to look for its jar. */
interface Emulator {
  readonly name: string;
  /** The environment variable that names a jar. */
  readonly setting: string;
  /** Below the Firebase CLI's cache, as a pattern. */
  readonly download: string;
  /** Below `platform/` of the Google Cloud CLI, as a pattern. */
  readonly component: string;
  readonly debianPackage: string;
}

const emulators = {
  firestore: {
    name: "Firestore",
    setting: "FIRESTORE_EMULATOR_JAR",
    download: "cloud-firestore-emulator-v*.jar",
    component: "cloud-firestore-emulator/cloud-firestore-emulator.jar",
    debianPackage: "google-cloud-cli-firestore-emulator",
  },
  pubsub: {
    name: "Pub/Sub",
    setting: "PUBSUB_EMULATOR_JAR",
    download: "pubsub-emulator-*/pubsub-emulator/lib/cloud-pubsub-emulator-*.jar",
    component: "pubsub-emulator/lib/cloud-pubsub-emulator-*.jar",
    debianPackage: "google-cloud-cli-pubsub-emulator",
  },
} satisfies Record<string, Emulator>;

/** An official emulator that we use. */
export type EmulatorKind = keyof typeof emulators;

/** The jars of the requested emulators, or one sentence about what is missing and how to get it. */
export type Found<Kind extends EmulatorKind> = { readonly jars: Record<Kind, string> } | { readonly missing: string };

// The Firebase CLI asks for Java 21 before it starts one; the jars themselves run on 17.
const oldestJava = 17;

/** Looks for the emulators and for a Java that runs them. Rejects if a setting names a jar that does not exist. */
export async function findOfficial<Kind extends EmulatorKind>(
  kinds: readonly Kind[],
  environment: NodeJS.ProcessEnv = process.env,
): Promise<Found<Kind>> {
  const jars = new Map(kinds.map((kind) => [kind, findJar(emulators[kind], environment)]));
  const absent = kinds.filter((kind) => jars.get(kind) === undefined).map((kind) => emulators[kind]);
  const java = await findJavaVersion(environment);
  const needs = [
    ...absent.map(({ name, setting, debianPackage }) => {
      return `the official ${name} emulator (Debian package ${debianPackage} of the Google Cloud CLI, or ${setting}=<its jar>)`;
    }),
    ...(java >= oldestJava ? [] : [`Java ${oldestJava} or later on the PATH`]),
  ];
  if (needs.length > 0) return { missing: `it needs ${needs.join(", and ")}` };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- one for each kind, as none is absent
  return { jars: Object.fromEntries(jars) as Record<Kind, string> };
}

/** In this order: the setting, the newest download of the Firebase CLI, the Google Cloud CLI. */
function findJar({ setting, download, component }: Emulator, environment: NodeJS.ProcessEnv): string | undefined {
  const { [setting]: named, FIREBASE_EMULATORS_PATH: downloads, CLOUDSDK_ROOT_DIR: sdk } = environment;
  if (named) {
    if (existsSync(named)) return named;
    throw new Error(`${setting} names ${named}, which does not exist`);
  }
  const cache = downloads || join(homedir(), ".cache/firebase/emulators");
  const sdks = sdk ? [sdk] : ["/usr/lib/google-cloud-sdk", join(homedir(), "google-cloud-sdk")];
  const patterns = [join(cache, download), ...sdks.map((folder) => join(folder, "platform", component))];
  for (const pattern of patterns) {
    const newest = globSync(pattern).toSorted((a, b) => a.localeCompare(b, "en", { numeric: true }));
    if (newest.length > 0) return newest.at(-1);
  }
  return undefined;
}

/** The major version of the Java on the PATH; 0 if there is none. */
async function findJavaVersion(env: NodeJS.ProcessEnv): Promise<number> {
  try {
    const { stderr } = await promisify(execFile)("java", ["-version"], { env });
    return Number(/version "(\d+)/.exec(stderr)?.[1] ?? 0);
  } catch {
    return 0;
  }
}
