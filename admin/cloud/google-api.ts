// The part of Google's REST APIs that the commands read; each check links the page of its API. Errors:
// https://cloud.google.com/apis/design/errors#http_mapping
import { z } from "zod";
import { fetchCloudToken } from "./access-token.ts";

/** An API, by the first label of its host name. */
export type GoogleService = "cloudfunctions" | "cloudscheduler" | "firebaserules" | "firestore" | "secretmanager";

/** Reads the deployment of a project. */
export interface GoogleApi {
  /** Throws without credentials. */
  authorize(): Promise<void>;
  /** A resource, or `undefined` if it does not exist (404). Throws with Google's message on any other error. */
  get<Schema extends z.ZodType>(
    service: GoogleService,
    path: string,
    schema: Schema,
  ): Promise<z.output<Schema> | undefined>;
}

/** Options of the API client. */
export interface GoogleApiOptions {
  /** The project whose quota is used: user credentials have no quota of their own. */
  readonly projectId: string;
  readonly origin?: (service: GoogleService) => string;
  readonly fetchToken?: () => Promise<string>;
}

const timeoutMs = 15_000;

const refusal = z.object({ error: z.object({ message: z.string(), status: z.string().optional() }) });

/** A client of Google's APIs; by default with Application Default Credentials. */
export function createGoogleApi(options: GoogleApiOptions): GoogleApi {
  const { projectId, origin = (service) => `https://${service}.googleapis.com` } = options;
  const fetchToken = options.fetchToken ?? fetchCloudToken;
  let token: Promise<string> | undefined;
  const authorize = () => (token ??= fetchToken());
  return {
    authorize: async () => {
      await authorize();
    },
    get: async (service, path, schema) => {
      const headers = { authorization: `Bearer ${await authorize()}`, "x-goog-user-project": projectId };
      const url = `${origin(service)}/${path}`;
      const response = await fetch(url, { headers, signal: AbortSignal.timeout(timeoutMs) });
      const body: unknown = await response.json().catch(() => undefined);
      if (response.ok) return readAnswer(service, schema, body);
      const refused = refusal.safeParse(body);
      // A proxy or a disabled API may also answer 404; only NOT_FOUND is about the resource.
      if (response.status === 404 && refused.data?.error.status === "NOT_FOUND") return undefined;
      const [reason = ""] = (refused.data?.error.message ?? "").split("\n", 1);
      throw new Error(`${service}.googleapis.com answered ${response.status}${reason && `: ${reason}`}`);
    },
  };
}

function readAnswer<Schema extends z.ZodType>(service: GoogleService, schema: Schema, body: unknown): z.output<Schema> {
  const answer = schema.safeParse(body);
  if (answer.success) return answer.data;
  throw new Error(`${service}.googleapis.com answered in an undocumented format`);
}
