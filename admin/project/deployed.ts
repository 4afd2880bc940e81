// Names of functions and secrets in a project. `npm run deploy` keeps our names; for a function kit, the Firebase CLI adds
// the prefix `kit-<instance>-`.
import { kitInstance } from "./settings.ts";

/** The name of a function, or of a secret, in the project. */
export function deployedName(own: string): string {
  const instance = kitInstance();
  return instance === undefined ? own : `kit-${instance}-${own}`;
}

/** The command that deploys one function, or all of them. A kit is deployed whole, from the folder of its own `firebase.json`. */
export function deployCommand(projectId: string, own?: string): string {
  const target = kitInstance() ?? own;
  return `npx firebase deploy --only functions${target === undefined ? "" : `:${target}`} --project ${projectId}`;
}

/** The command that shows the log of one function, or of all. */
export function logCommand(projectId: string, own?: string): string {
  const only = own === undefined ? "" : ` --only ${deployedName(own)}`;
  return `npx firebase functions:log${only} --project ${projectId}`;
}
