import { buildCallable } from "../callable/build-callable.ts";
import { isFunctionTarget, params } from "../config.ts";
import { openFrontDoor } from "../front-door/front-door.ts";
import { requireOperator } from "./authorize.ts";
import { perform } from "./actions.ts";
import { admitOrigin } from "./origins.ts";

if (isFunctionTarget("console")) openFrontDoor();

/**
 * Answers the operators' console: `wire.ts` has what can be asked, and the answers. One function for all of it: operators are
 * few, and each further function would be cold when they come.
 */
export const operatorConsole = buildCallable(
  {
    region: params.region,
    memory: "512MiB",
    cpu: 1,
    concurrency: 80,
    // Operators are few; a flood of strangers gets no more than this.
    maxInstances: 3,
    timeoutSeconds: 60,
    // The operator's claim protects it; Cloud Run's own check would refuse the page.
    invoker: "public",
    cors: false,
    answerHead: admitOrigin,
  },
  async (services, request) => {
    const operator = await requireOperator(services, request);
    return perform({ services, operator }, request.data ?? {});
  },
);
