import { findBadSettings, settingNames } from "../../../functions/src/config.ts";
import { deployCommand } from "../../project/deployed.ts";
import { readSettingsFiles, settingsFile } from "../../project/settings.ts";
import type { Check } from "../examined.ts";
import { fault, ok, warning, type Finding } from "../finding.ts";

/** Whether what this checkout deploys as settings can be used. */
export const checkSettings: Check = {
  name: "settings",
  run: async ({ projectId, settings }) => {
    const file = settingsFile(projectId);
    const bad = findBadSettings(settings).map(({ name, value, message }) => {
      const todo = `put ${name} right in ${file}, then ${deployCommand(projectId)}`;
      return fault(`${value === undefined ? name : `${name}=${value}`}: ${message}`, todo);
    });
    return [...bad, ...findUnknown(projectId, file), ...(bad.length === 0 ? [ok("every setting can be used")] : [])];
  },
};

/** A name that nothing reads is most likely misspelt. */
function findUnknown(projectId: string, file: string): readonly Finding[] {
  const unknown = Object.keys(readSettingsFiles(projectId)).filter((name) => !settingNames.includes(name));
  return unknown.map((name) => warning(`${name} is no setting`, `look for a slip of the pen in ${file}`));
}
