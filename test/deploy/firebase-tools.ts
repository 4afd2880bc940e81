// The Firebase CLI has no API: the steps before its first request to Google are called by path, from a pinned version.
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);

/** Imports one of the CLI's own modules. */
function load(path: string): any {
  return require(`firebase-tools/lib/${path}.js`);
}

/** The errors of the CLI's JSON schema for a `firebase.json`. */
export function findConfigFaults(config: unknown): readonly string[] {
  const { getValidator, getErrorMessage } = load("firebaseConfigValidate");
  const validate = getValidator();
  return validate(config) ? [] : validate.errors.map(getErrorMessage);
}

/** Throws when the CLI would refuse these indexes. */
export function validateIndexes(indexes: unknown): void {
  const { FirestoreApi } = load("firestore/api");
  new FirestoreApi().validateSpec(indexes);
}

/** Packs a folder as the CLI does for the upload; returns the path of the `.tar.gz`. */
export async function packFunctions(projectFolder: string, folder: string, config: object): Promise<string> {
  const { prepareFunctionsUpload } = load("deploy/functions/prepareFunctionsUpload");
  const options = { exportType: "tar.gz" };
  const { pathToSource } = await prepareFunctionsUpload(projectFolder, folder, config, [], undefined, options);
  return pathToSource;
}

/**
 * The functions of a manifest as the CLI would deploy them with these settings, by name; throws for a manifest that it would
 * refuse.
 */
export function planDeployment(
  manifest: object,
  projectId: string,
  settings: Readonly<Record<string, string>>,
): Readonly<Record<string, any>> {
  const { buildFromV1Alpha1 } = load("deploy/functions/runtimes/discovery/v1alpha1");
  const { envWithTypes, toBackend } = load("deploy/functions/build");
  const { allEndpoints } = load("deploy/functions/backend");
  const build = buildFromV1Alpha1(manifest, projectId, "us-central1", "nodejs24");
  const endpoints: any[] = allEndpoints(toBackend(build, envWithTypes(build.params, settings)));
  return Object.fromEntries(endpoints.map((endpoint) => [endpoint.id, endpoint]));
}
