import { demoOperator } from "./demo.ts";
import { post } from "./demo-data.ts";
import { readField } from "./demo-user.ts";
import { host, ports, projectId } from "./ports.ts";

const identityToolkit = `http://${host}:${ports.auth}/identitytoolkit.googleapis.com/v1`;

/** Creates the console's demo operator: a user with the claim that `ops operators add` gives. */
export async function addDemoOperator(): Promise<void> {
  const account = await post(`${identityToolkit}/accounts:signUp?key=demo`, undefined, {
    ...demoOperator,
    returnSecureToken: true,
  });
  await post(`${identityToolkit}/projects/${projectId}/accounts:update`, "owner", {
    localId: readField(account, "localId"),
    emailVerified: true,
    customAttributes: JSON.stringify({ operator: true }),
  });
}
