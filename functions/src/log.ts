import { write } from "firebase-functions/logger";
import { shortenRegistration, type Registration } from "./registration.ts";

type Severity = "DEBUG" | "INFO" | "WARNING" | "ERROR" | "CRITICAL";

/** The fields of a log line. Registrations are shortened, and caller data is removed unless the settings allow it. */
export interface LogFields {
  readonly [field: string]: unknown;
  readonly registration?: Registration;
  readonly callerId?: string;
  readonly callerName?: string;
  readonly error?: unknown;
}

/** Structured log lines: a fixed event name and fields, never free text about a phone or a caller. */
export interface Log {
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
}

/** One line as written: Cloud Logging reads `severity` and `message`, the rest is `jsonPayload`. */
export type LogEntry = { severity: Severity; message: string } & Record<string, unknown>;

/** Builds a log whose lines go to `sink`; it has caller data only if `showCallerData` is set. */
export function createLog(options: { showCallerData: boolean; sink?: (entry: LogEntry) => void }): Log {
  const sink = options.sink ?? write;
  const line =
    (severity: Severity) =>
    (event: string, fields: LogFields = {}) => {
      sink({ ...redact(fields, options.showCallerData), severity, message: event });
    };
  return { info: line("INFO"), warn: line("WARNING"), error: line("ERROR") };
}

/** For errors before the settings are read, or while they are invalid. */
export const logWithoutSettings = createLog({ showCallerData: false });

function redact(fields: LogFields, showCallerData: boolean): Record<string, unknown> {
  const { registration, callerId, callerName, error, ...rest } = fields;
  return {
    ...rest,
    ...(registration && { registration: shortenRegistration(registration) }),
    ...(showCallerData && callerId !== undefined && { callerId }),
    ...(showCallerData && callerName !== undefined && { callerName }),
    ...(error !== undefined && { error: describeError(error) }),
  };
}

function describeError(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { message: String(error) };
  return {
    name: error.name,
    message: error.message,
    stack: error.stack,
    ...(error.cause !== undefined && { cause: describeError(error.cause) }),
    ...(error instanceof AggregateError && { errors: error.errors.map(describeError) }),
  };
}
