import type { Domain } from "node:domain";

/** The part of a domain that the framework uses; it passes everything through. */
const noDomain = {
  on: () => noDomain,
  run: (work: () => unknown) => work(),
  bind: <T>(callback: T) => callback,
  // Node passes an unhandled rejection to the domain of its promise. Throwing it ends the process with the error's own
  // stack.
  emit: (_event: string, error: unknown) => {
    throw error;
  },
};

/**
 * Stops the Functions Framework from creating a `node:domain` for every request. The first domain turns async hooks on
 * for good, and Node then tracks each promise of the process until it is collected. Domains catch errors thrown outside
 * of any promise; those are bugs, and the framework also answers them in `uncaughtException`. Does nothing in a process
 * that has not loaded domains.
 */
export function disableDomains(): void {
  if (!("domain" in process)) return;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the framework uses no more of it
  const domain = noDomain as unknown as Domain;
  // A static import would load domains in a process that has not loaded them.
  process.getBuiltinModule("node:domain").create = () => domain;
  // The framework binds event callbacks to the current domain.
  process.domain = domain;
}
