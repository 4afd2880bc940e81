import { z } from "zod";
import { deployCommand, deployedName, logCommand } from "../../project/deployed.ts";
import type { Check, CheckContext } from "../check.ts";
import { fault, ok, warning, type Finding } from "../../../functions/src/doctor/finding.ts";
import { requestPbx, type PbxAnswer } from "../pbx-client.ts";
import { tryKeys } from "../try-keys.ts";

const health = z.object({ status: z.literal("healthy"), timestamp: z.iso.datetime() });
const refusal = z.object({ error: z.object({ code: z.string(), message: z.string() }) });

/** Clock skew that gets a warning. */
const skewWarningMs = 5000;

/** Clock skew that is a fault: Google rejects credentials signed by a clock that is five minutes off. */
const skewFaultMs = 120_000;

/** Checks that the PBX API answers, has the same time as this machine, and accepts the keys. */
export const checkPbx: Check = {
  name: "pbx",
  run: async (context) => {
    const { pbxUrl, services } = context;
    const start =
      context.google === undefined ? "start the local stack: npm start" : deployCommand(context.projectId, "pbx");
    let answer: PbxAnswer;
    try {
      answer = await requestPbx(`${pbxUrl}/health`);
    } catch (error) {
      return [
        fault(`no answer from ${pbxUrl} (${causeOf(error)})`, `${start}; check the address (--url) and the network`),
      ];
    }
    const sound = health.safeParse(answer.body);
    if (!sound.success) return [explainUnhealthy(context, answer, start)];
    const { ms } = answer;
    const skew = Date.parse(sound.data.timestamp) - (services.clock.now() - ms / 2);
    return [ok(`the PBX API is healthy and answers in ${ms} ms`), describeSkew(skew), ...(await tryKeys(context))];
  },
};

function causeOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error && "code" in cause ? String(cause.code) : String(cause);
}

function explainUnhealthy(
  { pbxUrl, projectId, region }: CheckContext,
  { status, body }: PbxAnswer,
  start: string,
): Finding {
  const said = refusal.safeParse(body).data?.error.message;
  const seen = `${pbxUrl}/health answered ${status}${said === undefined ? "" : `: ${said}`}`;
  if (status === 403)
    return fault(
      seen,
      `allow public calls (the PBX key protects the API): gcloud run services add-iam-policy-binding ${deployedName("pbx")} --member allUsers --role roles/run.invoker --region ${region} --project ${projectId}`,
    );
  if (status >= 500) return fault(seen, logCommand(projectId, "pbx"));
  return fault(seen, `${start}; check the address (--url)`);
}

function describeSkew(skewMs: number): Finding {
  const seen = `this machine's clock is ${(Math.abs(skewMs) / 1000).toFixed(1)} s ${skewMs > 0 ? "behind" : "ahead"}`;
  const todo = "set it by NTP, here and on the PBX: timedatectl set-ntp true";
  if (Math.abs(skewMs) > skewFaultMs) return fault(seen, todo);
  return Math.abs(skewMs) > skewWarningMs ? warning(seen, todo) : ok("this machine's clock is right");
}
