import { invalidArgument } from "./rpc-error.ts";

// https://cloud.google.com/pubsub/docs/pubsub-basics#resource_names
const resourceId = /^(?!goog)[A-Za-z][\w\-.~+%]{2,254}$/;

/** The kinds of resource names. */
export type ResourceKind = "topics" | "subscriptions";

/** Checks that a name is `projects/{project}/{kind}/{id}` with a valid id. */
export function parseResourceName(kind: ResourceKind, name: string | null | undefined): string {
  const [projects, project, collection, id, ...rest] = (name ?? "").split("/");
  const shaped = projects === "projects" && project !== "" && collection === kind && rest.length === 0;
  if (name && shaped && resourceId.test(id ?? "")) return name;
  throw invalidArgument(
    `Invalid resource name given (name=${name ?? ""}): expected projects/{project}/${kind}/{id}, the id 3 to 255 letters, digits or -_.~+% that start with a letter and not with "goog"`,
  );
}
