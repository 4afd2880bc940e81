import type { Time } from "./common.ts";

/** A planned push to every device. */
export interface CampaignRow {
  readonly id: string;
  readonly kind: "silent" | "notice";
  readonly isEnabled: boolean;
  /** Why it does not run although nobody has switched it off: a wrong override. */
  readonly fault?: string;
  /** A Unix cron expression, in the deployment's time zone. */
  readonly schedule: string;
}

/** A run of a campaign and how far it has come. */
export interface RunRow {
  readonly runId: string;
  readonly campaign: string;
  readonly state: "publishing" | "sending" | "done";
  readonly shards: number;
  readonly shardsDone: number;
  /** Devices by result. */
  readonly counts: {
    readonly accepted: number;
    readonly unregistered: number;
    readonly failed: number;
    readonly skipped: number;
  };
  /** Failures by error. */
  readonly errors: Readonly<Record<string, number>>;
  readonly scheduledAt: Time;
  readonly createdAt: Time;
  readonly finishedAt?: Time;
}

/** All campaigns, and the last 20 runs, newest first. */
export interface Campaigns {
  readonly campaigns: readonly CampaignRow[];
  readonly runs: readonly RunRow[];
}

/** Names a run. */
export interface RunRequest {
  readonly runId: string;
}

/** Switches a campaign on or off from its next run on; a started run continues. */
export interface SwitchCampaignRequest {
  readonly campaign: string;
  readonly isEnabled: boolean;
}
