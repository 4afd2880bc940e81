import { findBadSettings, settingNames } from "../../../functions/src/config.ts";
import { deployCommand } from "../../project/deployed.ts";
import { readSettingsFiles, settingsFile } from "../../project/settings.ts";
import type { Check } from "../check.ts";
import { fault, ok, warning, type Finding } from "../finding.ts";

/** Checks the settings that this checkout deploys. */
export const checkSettings: Check = {
  name: "settings",
  run: async ({ projectId, settings }) => {
    const file = settingsFile(projectId);
    const bad = findBadSettings(settings).map(({ name, value, message }) => {
      const todo = `correct ${name} in ${file}, then ${deployCommand(projectId)}`;
      return fault(`${value === undefined ? name : `${name}=${value}`}: ${message}`, todo);
    });
    return [...bad, ...findUnknown(projectId, file), ...(bad.length === 0 ? [ok("every setting is valid")] : [])];
  },
};

/** An unknown name is most likely misspelt. */
function findUnknown(projectId: string, file: string): readonly Finding[] {
  const unknown = Object.keys(readSettingsFiles(projectId)).filter((name) => !settingNames.includes(name));
  return unknown.map((name) => warning(`${name} is not a setting`, `check the spelling in ${file}`));
}
