// A sound deployment in the shapes of Google's REST APIs; the doctor's checks link to their pages.
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createGoogleApi } from "../../admin/cloud/google-api.ts";

const projectId = "wolley-push";
const database = `projects/${projectId}/databases/(default)`;

/** The region of the functions, and the prefix of their names. */
interface Place {
  readonly region: string;
  readonly prefix: string;
}

const usualPlace: Place = { region: "asia-northeast3", prefix: "" };

function read(file: string): string {
  return readFileSync(new URL(`../../${file}`, import.meta.url), "utf8");
}

/** The deployment; a test plants its fault in it. `undefined` is answered with Google's 404. */
export type Deployment = Record<string, any>;

function buildDeployment({ region, prefix }: Place): Deployment {
  const { indexes, fieldOverrides } = JSON.parse(read("firestore.indexes.json"));
  const name = { fieldPath: "__name__", order: "ASCENDING" };
  const job = (id: string, schedule: string) => ({
    name: `projects/${projectId}/locations/${region}/jobs/firebase-schedule-${prefix}${id}-${region}`,
    schedule,
    timeZone: "Asia/Seoul",
    state: "ENABLED",
    status: {},
  });
  const deployed = (id: string) => ({
    name: `projects/${projectId}/locations/${region}/functions/${prefix}${id}`,
    state: "ACTIVE",
    serviceConfig: {
      minInstanceCount: 1,
      environmentVariables: { AUDIENCE_SHARDS: "2", FUNCTION_TARGET: id },
      ...(id === "pbx" && {
        secretEnvironmentVariables: [{ key: "APNS_KEY", projectId: "7", secret: `${prefix}APNS_KEY`, version: "2" }],
      }),
    },
  });
  const callables = [
    "console",
    "eraseMyData",
    "getServerSettings",
    "muteCampaigns",
    "registerDevice",
    "reportCall",
    "unregisterDevice",
  ];
  const scheduled = ["duePushes", "nightly", "pathDaily", "probe", "saveLocation", "statistics"];
  const versions = `secretmanager/v1/projects/${projectId}/secrets/${prefix}APNS_KEY/versions`;
  const version = { name: `projects/7/secrets/${prefix}APNS_KEY/versions/2` };
  return {
    [`${versions}/latest`]: { ...version, state: "ENABLED" },
    [`${versions}/2:access`]: { ...version, payload: { data: Buffer.from("none\n").toString("base64") } },
    [`firebaserules/v1/projects/${projectId}/releases/cloud.firestore`]: {
      name: `projects/${projectId}/releases/cloud.firestore`,
      rulesetName: `projects/${projectId}/rulesets/1`,
      updateTime: "2026-11-01T00:00:00Z",
    },
    [`firebaserules/v1/projects/${projectId}/rulesets/1`]: {
      source: { files: [{ name: "firestore.rules", content: read("firestore.rules") }] },
    },
    [`firestore/v1/${database}/collectionGroups/-/indexes`]: {
      indexes: indexes.map(({ collectionGroup, ...index }: any, id: number) => ({
        name: `${database}/collectionGroups/${collectionGroup}/indexes/${id}`,
        ...index,
        fields: [...index.fields, name],
        state: "READY",
      })),
    },
    [`firestore/v1/${database}/collectionGroups/-/fields`]: {
      fields: fieldOverrides.map(({ collectionGroup, fieldPath, indexes: own, ttl }: any) => ({
        name: `${database}/collectionGroups/${collectionGroup}/fields/${fieldPath}`,
        ...(own.length > 0 && {
          indexConfig: {
            indexes: own.map(({ queryScope, ...field }: any) => ({ queryScope, fields: [{ fieldPath, ...field }] })),
          },
        }),
        ...(ttl && { ttlConfig: { state: "ACTIVE" } }),
      })),
    },
    [`cloudfunctions/v2/projects/${projectId}/locations/${region}/functions`]: {
      functions: [...callables, ...scheduled, "campaignWorker", "pbx", "pushWorker"].map(deployed),
    },
    [`cloudscheduler/v1/projects/${projectId}/locations/${region}/jobs`]: {
      jobs: [
        job("saveLocation", "7,37 * * * *"),
        job("pathDaily", "10 0 * * 1"),
        job("duePushes", "* * * * *"),
        job("nightly", "40 3 * * *"),
        job("statistics", "8 * * * *"),
        job("probe", "23 * * * *"),
      ],
    },
  };
}

/** Google's APIs on a local server. */
export async function startFakeGoogle() {
  let deployment = buildDeployment(usualPlace);
  const server = createServer((request, response) => {
    response.setHeader("content-type", "application/json");
    const answer = (status: number, body: unknown) => response.writeHead(status).end(JSON.stringify(body));
    const refuse = (code: number, status: string, message: string) =>
      answer(code, { error: { code, status, message } });
    if (request.headers.authorization !== "Bearer test-token") return refuse(401, "UNAUTHENTICATED", "No credentials");
    const [path = ""] = decodeURIComponent(request.url ?? "")
      .slice(1)
      .split("?");
    const resource = deployment[path];
    if (resource === undefined) return refuse(404, "NOT_FOUND", "Requested entity was not found.");
    if (resource instanceof Error) return refuse(403, "PERMISSION_DENIED", resource.message);
    return answer(200, resource);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  return {
    projectId,
    api: () =>
      createGoogleApi({
        projectId,
        origin: (service) => `http://127.0.0.1:${port}/${service}`,
        fetchToken: async () => "test-token",
      }),
    /** The resource whose path ends with `ending`. */
    resource: (ending: string) => deployment[pathOf(ending)],
    replace: (ending: string, resource: unknown) => {
      deployment[pathOf(ending)] = resource;
    },
    restore: (place = usualPlace) => {
      deployment = buildDeployment(place);
    },
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };

  function pathOf(ending: string): string {
    const path = Object.keys(deployment).find((one) => one.endsWith(ending));
    if (path === undefined) throw new Error(`Nothing is deployed at ${ending}`);
    return path;
  }
}
