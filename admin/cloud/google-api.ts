// Google's REST APIs as far as the doctor reads them; each check names the page that documents what it reads. Errors:
// https://cloud.google.com/apis/design/errors#http_mapping
import { z } from "zod";
import { fetchCloudToken } from "./access-token.ts";

/** An API by the first word of its host. */
export type GoogleService = "cloudfunctions" | "cloudscheduler" | "firebaserules" | "firestore" | "secretmanager";

/** What a project's deployment is read with. */
export interface GoogleApi {
  /** Throws unless there are credentials. */
  authorize(): Promise<void>;
  /** A resource, or `undefined` when there is none (404). Throws with Google's own words for anything else. */
  get<Schema extends z.ZodType>(
    service: GoogleService,
    path: string,
    schema: Schema,
  ): Promise<z.output<Schema> | undefined>;
}

/** Where the APIs are and who asks. */
export interface GoogleApiOptions {
  /** Whose quota is used: user credentials have none of their own. */
  readonly projectId: string;
  readonly origin?: (service: GoogleService) => string;
  readonly fetchToken?: () => Promise<string>;
}

const timeoutMs = 15_000;

const refusal = z.object({ error: z.object({ message: z.string(), status: z.string().optional() }) });

/** Google's APIs with Application Default Credentials, unless told otherwise. */
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
      // A 404 of a proxy, or of an API that is switched off, says nothing of the resource.
      if (response.status === 404 && refused.data?.error.status === "NOT_FOUND") return undefined;
      const [reason = ""] = (refused.data?.error.message ?? "").split("\n", 1);
      throw new Error(`${service}.googleapis.com answered ${response.status}${reason && `: ${reason}`}`);
    },
  };
}

function readAnswer<Schema extends z.ZodType>(service: GoogleService, schema: Schema, body: unknown): z.output<Schema> {
  const answer = schema.safeParse(body);
  if (answer.success) return answer.data;
  throw new Error(`${service}.googleapis.com answered in another form than it documents`);
}
