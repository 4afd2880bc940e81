import { findBadSettings, secretNames, settingNames } from "../../../functions/src/config.ts";
import { setSecretCommand } from "../../cloud/secret-manager.ts";
import { deployCommand, deployedName } from "../../project/deployed.ts";
import { readSettingsFiles, settingsFile } from "../../project/settings.ts";
import type { Check } from "../check.ts";
import { fault, ok, warning, type Finding } from "../../../functions/src/doctor/finding.ts";

/** Checks the settings that this checkout deploys. */
export const checkSettings: Check = {
  name: "settings",
  run: async ({ projectId, settings }) => {
    const file = settingsFile(projectId);
    const bad = findBadSettings(settings).map(({ name, value, message }) => {
      const todo = `correct ${name} in ${file}, then ${deployCommand(projectId)}`;
      return fault(`${value === undefined ? name : `${name}=${value}`}: ${message}`, todo);
    });
    const wrong = [...bad, ...findExposed(projectId, file)];
    return [...wrong, ...findUnknown(projectId, file), ...(wrong.length === 0 ? [ok("every setting is valid")] : [])];
  },
};

/** The file is deployed as plain text, which everyone who may see the functions can read. */
function findExposed(projectId: string, file: string): readonly Finding[] {
  const exposed = Object.keys(readSettingsFiles(projectId)).filter((name) => secretNames.includes(name));
  return exposed.map((name) => {
    const set = setSecretCommand(deployedName(name), projectId);
    return fault(`${file} has the secret ${name}`, `delete it there, then ${set}`);
  });
}

/** An unknown name is most likely misspelt. */
function findUnknown(projectId: string, file: string): readonly Finding[] {
  const unknown = Object.keys(readSettingsFiles(projectId)).filter((name) => !settingNames.includes(name));
  return unknown.map((name) => warning(`${name} is not a setting`, `check the spelling in ${file}`));
}
