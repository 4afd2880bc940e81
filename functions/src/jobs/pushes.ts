import { onMessagePublished } from "firebase-functions/v2/pubsub";
import { z } from "zod";
import { params } from "../config.ts";
import { deliverPush } from "../pushes/deliver-push.ts";
import { dispatchDue } from "../pushes/dispatch-due.ts";
import { pushKey } from "../pushes/push-id.ts";
import { pushesTopic } from "../pushes/push.ts";
import { services } from "../services.ts";
import { scheduledJob } from "./schedule.ts";
import { workMessage } from "./work.ts";

/** Publishes due pushes to the workers, every minute. */
export const duePushes = scheduledJob(
  {
    schedule: "* * * * *",
    timeoutSeconds: 60,
    retryCount: 1,
    failure: "pushes_not_dispatched",
  },
  async () => dispatchDue(services()),
);

/** Sends one push. An instance mostly waits for FCM, so it works on many pushes at a time. */
export const pushWorker = onMessagePublished(
  {
    topic: pushesTopic,
    region: params.region,
    memory: "512MiB",
    cpu: 1,
    concurrency: 80,
    maxInstances: params.pushMaxInstances,
    timeoutSeconds: 120,
    retry: true,
  },
  workMessage(z.object({ id: pushKey }), deliverPush),
);
