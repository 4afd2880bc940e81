import type { Domain } from "node:domain";

/** As much of a domain as the framework asks for: it lets everything through. */
const noDomain = {
  on: () => noDomain,
  run: (work: () => unknown) => work(),
  bind: <T>(callback: T) => callback,
  // Node hands a rejection that nothing handles to the domain of its promise: it ends the process with its own stack.
  emit: (_event: string, error: unknown) => {
    throw error;
  },
};

/**
 * Makes the Functions Framework do without a `node:domain` for every request. With the first one that is made async hooks go
 * on for good, and Node follows each promise of the process until it is collected. Domains are there for
 * what is thrown outside of any promise; that is a bug, and the framework answers it in `uncaughtException` as well.
 * Does nothing in a process that has not loaded domains.
 */
export function disableDomains(): void {
  if (!("domain" in process)) return;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the framework uses no more of it
  const domain = noDomain as unknown as Domain;
  // A static import would load domains in a process that has not loaded them.
  process.getBuiltinModule("node:domain").create = () => domain;
  // The framework binds the callback of an event to the domain it believes to be in.
  process.domain = domain;
}
