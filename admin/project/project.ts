import { takesConnection } from "../../local/sockets.ts";
import { host, ports, projectId as localProjectId } from "../../local/stack/ports.ts";
import { WrongUsage } from "../command/errors.ts";

/** Whether a project is the local stack's: the official emulators take the prefix as a promise that no cloud is meant. */
export function isLocal(projectId: string): boolean {
  return projectId.startsWith("demo-");
}

/** The project a command is for: the one it names, else the local stack's when that runs. */
export async function chooseProject(named: string | undefined): Promise<string> {
  if (named === undefined) return findRunningStack();
  // https://cloud.google.com/resource-manager/docs/creating-managing-projects; it goes on to other command lines.
  if (!/^[a-z][a-z0-9-]{0,29}$/.test(named)) throw new WrongUsage(`${named} is not the id of a project`);
  return named;
}

/** The same for a command that the local stack has no use for, as `what`: the stack runs this checkout as it is. */
export async function chooseCloudProject(named: string | undefined, what: string): Promise<string> {
  const projectId = await chooseProject(named);
  if (isLocal(projectId)) throw new WrongUsage(`${projectId} is the local stack's, which needs no ${what}: npm start`);
  return projectId;
}

async function findRunningStack(): Promise<string> {
  const { FIRESTORE_EMULATOR_HOST: emulator, GCLOUD_PROJECT: project = "" } = process.env;
  if (!(await isListening(emulator ?? `${host}:${ports.firestore}`))) {
    throw new WrongUsage("Missing --project <id>: the local stack, which is meant without it, does not run");
  }
  return isLocal(project) ? project : localProjectId;
}

/** Whether somebody listens at `host:port`. */
export async function isListening(address: string): Promise<boolean> {
  const { hostname, port } = new URL(`http://${address}`);
  return takesConnection(Number(port), hostname);
}
