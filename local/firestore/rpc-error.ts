import { status } from "@grpc/grpc-js";

/** An answer with a gRPC status other than OK. */
export class RpcError extends Error {
  readonly code: status;

  constructor(code: status, message: string) {
    super(message);
    this.name = "RpcError";
    this.code = code;
  }
}

/** UNIMPLEMENTED, with the name of the Firestore feature that this server lacks. */
export function unimplemented(what: string): RpcError {
  return new RpcError(status.UNIMPLEMENTED, `${what} is not implemented by this local server`);
}

/** The gRPC status of a thrown value: its own code if it has one, else INTERNAL. */
export function buildStatus(cause: unknown): { code: number; details: string } {
  if (!(cause instanceof Error)) return { code: status.INTERNAL, details: String(cause) };
  const code: number = "code" in cause && typeof cause.code === "number" ? cause.code : status.INTERNAL;
  return { code, details: cause.message };
}
