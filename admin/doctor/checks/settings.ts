import { findBadSettings, settingNames } from "../../../functions/src/config.ts";
import { readSettingsFiles } from "../../project/settings.ts";
import { deployCommand, type Check } from "../examined.ts";
import { fault, ok, warning, type Finding } from "../finding.ts";

/** Whether what this checkout deploys as settings can be used. */
export const checkSettings: Check = {
  name: "settings",
  run: async (examined) => {
    const { projectId, settings } = examined;
    const file = `functions/.env.${projectId}`;
    const bad = findBadSettings(settings).map(({ name, value, message }) => {
      const todo = `put ${name} right in ${file}, then ${deployCommand(examined, "functions")}`;
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
