import { status } from "@grpc/grpc-js";

/** An answer other than OK, as the client's gRPC library will show it. */
export class RpcError extends Error {
  readonly code: status;

  constructor(code: status, message: string) {
    super(message);
    this.name = "RpcError";
    this.code = code;
  }
}

/** UNIMPLEMENTED: Firestore can do it, this server cannot, and says so by its name. */
export function unimplemented(what: string): RpcError {
  return new RpcError(status.UNIMPLEMENTED, `${what} is not implemented by this local server`);
}

/** The gRPC status of whatever was thrown: its own code where it has one, else INTERNAL. */
export function buildStatus(cause: unknown): { code: number; details: string } {
  if (!(cause instanceof Error)) return { code: status.INTERNAL, details: String(cause) };
  const code: number = "code" in cause && typeof cause.code === "number" ? cause.code : status.INTERNAL;
  return { code, details: cause.message };
}
