// https://docs.cloud.google.com/run/docs/logging#special-fields

/** A line as Cloud Logging would have it. */
export interface LoggedEntry {
  readonly severity: string;
  readonly resource: { readonly type: string; readonly labels: Readonly<Record<string, string>> };
  readonly jsonPayload: Readonly<Record<string, unknown>>;
}

/** What the log would have of the lines that a function has written; lines that are not JSON are left out. */
export function readEntries(lines: readonly string[]): LoggedEntry[] {
  return lines.flatMap((line) => {
    if (!line.startsWith("{")) return [];
    const { severity, ...jsonPayload } = JSON.parse(line);
    // With nothing beside its message a line would become a text, which no filter of ours finds.
    if (Object.keys(jsonPayload).length < 2) throw new Error(`Not structured: ${line}`);
    const resource = { type: "cloud_run_revision", labels: { service_name: "any" } };
    return [{ severity, resource, jsonPayload }];
  });
}
