import { status, type sendUnaryData, type ServerUnaryCall } from "@grpc/grpc-js";

/** An error that the client gets as this gRPC status. */
export class RpcError extends Error {
  override readonly name = "RpcError";
  readonly code: status;
  readonly details: string;

  constructor(code: status, details: string) {
    super(details);
    this.code = code;
    this.details = details;
  }
}

/** INVALID_ARGUMENT: the request is invalid. */
export function invalidArgument(details: string): RpcError {
  return new RpcError(status.INVALID_ARGUMENT, details);
}

/** UNIMPLEMENTED, with the name of the Pub/Sub field that this server lacks. */
export function unimplementedField(field: string): RpcError {
  return new RpcError(status.UNIMPLEMENTED, `${field} is not implemented by this local Pub/Sub server`);
}

/** Turns a thrown value into an `RpcError`; INTERNAL for other errors. */
export function toRpcError(thrown: unknown): RpcError {
  if (thrown instanceof RpcError) return thrown;
  return new RpcError(status.INTERNAL, thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown));
}

/** Makes a gRPC handler of a function that returns its answer or throws an `RpcError`. */
export function answering<Request, Response>(answer: (request: Request) => Response) {
  return (call: ServerUnaryCall<Request, Response>, done: sendUnaryData<Response>): void => {
    let response: Response;
    try {
      response = answer(call.request);
    } catch (thrown) {
      done(toRpcError(thrown));
      return;
    }
    done(null, response);
  };
}
