import type { PushEmulatorOptions } from "./contract.ts";

/** The port that FCM_EMULATOR_HOST names by default. */
export const DEFAULT_PORT = 9190;

/** The ports to listen on; 0 = any free one. */
export type Ports = Required<Pick<PushEmulatorOptions, "port" | "apnsPort" | "apnsSandboxPort">>;

/** The ports by the options: each is the one after the port before it, unless it is given. */
export function choosePorts(options: Partial<Ports>): Ports {
  const { port = DEFAULT_PORT } = options;
  const { apnsPort = nextTo(port) } = options;
  const { apnsSandboxPort = nextTo(apnsPort) } = options;
  return { port, apnsPort, apnsSandboxPort };
}

function nextTo(port: number): number {
  return port === 0 ? 0 : port + 1;
}
