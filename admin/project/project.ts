import { acceptsConnections } from "../../local/sockets.ts";
import { host, ports, projectId as localProjectId } from "../../local/stack/ports.ts";
import { WrongUsage } from "../command/errors.ts";

/** Whether a project is the local stack's: the official emulators also treat the prefix `demo-` as "no cloud project". */
export function isLocal(projectId: string): boolean {
  return projectId.startsWith("demo-");
}

/** The project of a command: the named one, or that of the running local stack. */
export async function chooseProject(named: string | undefined): Promise<string> {
  if (named === undefined) return findRunningStack();
  // https://cloud.google.com/resource-manager/docs/creating-managing-projects; the id is passed to other commands.
  if (!/^[a-z][a-z0-9-]{0,29}$/.test(named)) throw new WrongUsage(`${named || '""'} is not a project id`);
  return named;
}

/** The same for a command that the local stack does not need, since it runs this checkout; `what` is for the message. */
export async function chooseCloudProject(named: string | undefined, what: string): Promise<string> {
  const projectId = await chooseProject(named);
  if (isLocal(projectId)) throw new WrongUsage(`${projectId} is the local stack's, which needs no ${what}: npm start`);
  return projectId;
}

async function findRunningStack(): Promise<string> {
  const { FIRESTORE_EMULATOR_HOST: emulator, GCLOUD_PROJECT: project = "" } = process.env;
  if (!(await isListening(emulator ?? `${host}:${ports.firestore}`))) {
    throw new WrongUsage("Missing --project <id>: the default, the local stack, does not run");
  }
  return isLocal(project) ? project : localProjectId;
}

/** Whether a server listens at `host:port`. */
export async function isListening(address: string): Promise<boolean> {
  const { hostname, port } = new URL(`http://${address}`);
  return acceptsConnections(Number(port), hostname);
}
