// https://docs.cloud.google.com/run/docs/logging#special-fields

/** A line as Cloud Logging stores it. */
export interface LoggedEntry {
  readonly severity: string;
  readonly resource: { readonly type: string; readonly labels: Readonly<Record<string, string>> };
  readonly jsonPayload: Readonly<Record<string, unknown>>;
}

/** The entries that Cloud Logging makes of a function's output; lines that are not JSON are left out. */
export function readEntries(lines: readonly string[]): LoggedEntry[] {
  return lines.flatMap((line) => {
    if (!line.startsWith("{")) return [];
    const { severity, ...jsonPayload } = JSON.parse(line);
    // An entry with only a message becomes a text payload, which none of our filters finds.
    if (Object.keys(jsonPayload).length < 2) throw new Error(`Not structured: ${line}`);
    const resource = { type: "cloud_run_revision", labels: { service_name: "any" } };
    return [{ severity, resource, jsonPayload }];
  });
}
