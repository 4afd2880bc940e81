import type { PageRequest, Time } from "./common.ts";

/** Who asks, and of what. The page asks for it first: a stranger gets `permission-denied`. */
export interface Session {
  readonly uid: string;
  readonly email?: string;
  readonly project: string;
  /** The deployment's time zone, such as `Asia/Seoul`: days begin and sentences tell the time in it. */
  readonly timeZone: string;
  readonly now: Time;
  /** What is set into a PBX's settings beside a key. */
  readonly pbxUrl: string;
}

/** What one check of the service has found. */
export interface DoctorFinding {
  readonly level: "ok" | "warn" | "error";
  /** Which check: `settings`, `keys`, `lines`, `audience`, … */
  readonly check: string;
  readonly message: string;
  /** How to mend it. */
  readonly remedy?: string;
}

/** The findings that a function can make by itself; `ops doctor` makes the others. */
export interface Doctor {
  readonly findings: readonly DoctorFinding[];
  readonly checkedAt: Time;
}

/** The last ring of the probe. */
export interface ProbeResult {
  readonly at: Time;
  readonly isOk: boolean;
  /** The probe's ring, kept if it failed: `call` tells why. */
  readonly callId?: string;
  /** By step of the chain: whether it came through, and what was said. */
  readonly steps: readonly {
    readonly step: string;
    readonly isOk: boolean;
    readonly ms?: number;
    readonly detail?: string;
  }[];
}

/** The probe's results, newest first; none if it has not run yet. */
export interface Probe {
  /** Whether it is switched off by its setting. */
  readonly isOff: boolean;
  readonly results: readonly ProbeResult[];
}

/** Which changes are wanted, newest first. */
export interface AuditRequest extends PageRequest {
  /** 30 days ago if absent. */
  readonly since?: Time | undefined;
}

/** A change that an operator made, by a command or in the console. */
export interface AuditRow {
  readonly at: Time;
  /** The account of the machine, or the operator's uid. */
  readonly who: string;
  /** The machine, or `console`. */
  readonly from: string;
  readonly what: string;
  readonly subject: Readonly<Record<string, string>>;
  readonly result?: Readonly<Record<string, string>>;
  /** `unfinished`: it runs, or what did it has died. */
  readonly outcome: "done" | "failed" | "unfinished";
}
