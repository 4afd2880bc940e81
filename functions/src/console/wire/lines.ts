import type { PageRequest } from "./common.ts";

/** Which lines are wanted, in the order of their extens. */
export interface LinesRequest extends PageRequest {
  /** Extens that begin so. */
  readonly exten?: string | undefined;
  /** A uid or an email. */
  readonly user?: string | undefined;
}

/** An exten and the user it belongs to. */
export interface LineRow {
  readonly exten: string;
  readonly uid: string;
  readonly email?: string;
  /** Whether Firebase Auth still has the user. */
  readonly isKnown: boolean;
}

/** A line to be. */
export interface AssignLineRequest {
  readonly exten: string;
  /** A uid or a verified email. */
  readonly user: string;
}

/** An assigned line, and whose it was. */
export interface AssignedLine extends LineRow {
  readonly formerUid?: string;
}
