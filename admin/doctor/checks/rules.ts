// https://firebase.google.com/docs/reference/rules/rest/v1/projects.releases and .../v1/projects.rulesets
import { existsSync, readFileSync } from "node:fs";
import { z } from "zod";
import { fileOfCheckout, type Check } from "../check.ts";
import { fault, ok } from "../../../functions/src/doctor/finding.ts";

const release = z.object({ rulesetName: z.string(), updateTime: z.string().optional() });
const ruleset = z.object({ source: z.object({ files: z.array(z.object({ content: z.string() })) }) });

/** Checks that the deployed Firestore rules are those of this checkout. */
export const checkRules: Check = {
  name: "rules",
  run: async (context) => {
    const { google, projectId } = context;
    const file = fileOfCheckout("firestore.rules");
    if (!existsSync(file)) return [fault("this checkout has no firestore.rules", "git checkout firestore.rules")];
    if (google === undefined) return [ok("firestore.rules exists; the local stack's own Firestore enforces no rules")];
    const deploy = `npx firebase deploy --only firestore:rules --project ${context.projectId}`;
    const released = await google.get("firebaserules", `v1/projects/${projectId}/releases/cloud.firestore`, release);
    if (released === undefined) return [fault("no rules are deployed: the database may be public", deploy)];
    const source = (await google.get("firebaserules", `v1/${released.rulesetName}`, ruleset))?.source.files[0]?.content;
    if (source?.trim() === readFileSync(file, "utf8").trim())
      return [ok("the deployed rules are those of this checkout")];
    const since = released.updateTime === undefined ? "" : ` (of ${released.updateTime})`;
    return [fault(`the deployed rules${since} are not those of this checkout`, deploy)];
  },
};
