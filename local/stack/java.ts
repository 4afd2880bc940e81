import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** What the official Firestore and Pub/Sub emulators run on. */
const neededVersion = 21;

/** Throws unless a Java is installed that the official emulators run on. */
export async function requireJava(): Promise<void> {
  const found = await findJavaVersion();
  if (found >= neededVersion) return;
  throw new Error(
    [
      `The official Firestore and Pub/Sub emulators need Java ${neededVersion}; ${found === 0 ? "none is installed" : `this machine has ${found}`}.`,
      "`npm start` runs the same stack without Java.",
    ].join("\n"),
  );
}

/** The major version of the Java on the PATH, 0 without one. */
export async function findJavaVersion(): Promise<number> {
  try {
    const { stderr } = await promisify(execFile)("java", ["-version"]);
    return Number(/version "(\d+)/.exec(stderr)?.[1] ?? 0);
  } catch {
    return 0;
  }
}
