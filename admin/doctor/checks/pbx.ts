import { z } from "zod";
import { deployCommand, deployedName, logCommand } from "../../project/deployed.ts";
import type { Check, Examined } from "../examined.ts";
import { fault, ok, warning, type Finding } from "../finding.ts";
import { requestPbx, type PbxAnswer } from "../pbx-client.ts";
import { tryKeys } from "../try-keys.ts";

const health = z.object({ status: z.literal("healthy"), timestamp: z.iso.datetime() });
const refusal = z.object({ error: z.object({ code: z.string(), message: z.string() }) });

/** A clock may be so far off before somebody should know. */
const skewWarningMs = 5000;

/** Google takes no credentials signed by a clock that is five minutes off. */
const skewFaultMs = 120_000;

/** Whether the PBX API answers, tells our time and takes the keys. */
export const checkPbx: Check = {
  name: "pbx",
  run: async (examined) => {
    const { pbxUrl, services } = examined;
    const start =
      examined.google === undefined ? "start the local stack: npm start" : deployCommand(examined.projectId, "pbx");
    let answer: PbxAnswer;
    try {
      answer = await requestPbx(`${pbxUrl}/health`);
    } catch (error) {
      return [
        fault(
          `nobody answers at ${pbxUrl} (${causeOf(error)})`,
          `${start}; look at the address (--url) and the network`,
        ),
      ];
    }
    const sound = health.safeParse(answer.body);
    if (!sound.success) return [explainUnhealthy(examined, answer, start)];
    const { ms } = answer;
    const skew = Date.parse(sound.data.timestamp) - (services.clock.now() - ms / 2);
    return [ok(`the PBX API is healthy and answers in ${ms} ms`), describeSkew(skew), ...(await tryKeys(examined))];
  },
};

function causeOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error && "code" in cause ? String(cause.code) : String(cause);
}

function explainUnhealthy(
  { pbxUrl, projectId, region }: Examined,
  { status, body }: PbxAnswer,
  start: string,
): Finding {
  const said = refusal.safeParse(body).data?.error.message;
  const seen = `${pbxUrl}/health answered ${status}${said === undefined ? "" : `: ${said}`}`;
  if (status === 403)
    return fault(
      seen,
      `let everybody call it (the key is the lock): gcloud run services add-iam-policy-binding ${deployedName("pbx")} --member allUsers --role roles/run.invoker --region ${region} --project ${projectId}`,
    );
  if (status >= 500) return fault(seen, logCommand(projectId, "pbx"));
  return fault(seen, `${start}; look at the address (--url)`);
}

function describeSkew(skewMs: number): Finding {
  const seen = `this machine's clock is ${(Math.abs(skewMs) / 1000).toFixed(1)} s ${skewMs > 0 ? "behind" : "ahead"}`;
  const todo = "set it by NTP, here and on the PBX: timedatectl set-ntp true";
  if (Math.abs(skewMs) > skewFaultMs) return fault(seen, todo);
  return Math.abs(skewMs) > skewWarningMs ? warning(seen, todo) : ok("this machine's clock is right");
}
