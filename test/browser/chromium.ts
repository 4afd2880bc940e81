import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { chromium, type Browser } from "playwright-core";

/** The names of Chromium's program in the distributions' packages. */
const names = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];

/** Without these flags Chromium contacts Google's servers at every start, for updates and more. */
const quiet = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"];

/** Starts the machine's own Chromium, headless; throws with what to install when there is none. */
export async function launchChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: findChromium(), args: quiet });
}

function findChromium(): string {
  const { CHROMIUM_PATH: named = "", PATH: path = "" } = process.env;
  const candidates = path.split(delimiter).flatMap((folder) => names.map((name) => join(folder, name)));
  const found = named === "" ? candidates.find(isExecutable) : named;
  if (found !== undefined && isExecutable(found)) return found;
  throw new Error(
    [
      named === "" ? "No Chromium is installed." : `CHROMIUM_PATH names no program: ${named}`,
      "The browser tests need one, and fonts for Korean. On Debian and Ubuntu:",
      "  apt-get install chromium fonts-noto-cjk",
      "Anywhere else, name a Chromium or Chrome in CHROMIUM_PATH.",
    ].join("\n"),
  );
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
