/** A message of google.firestore.v1 as gRPC decodes it. */
export type Message = Record<string, any>;

/** The database of a request: `projects/p/databases/d`. */
export function databaseOf(request: Message): string {
  const name: string = request["database"] || request["parent"] || request["name"] || "";
  return name.split("/").slice(0, 4).join("/");
}

/** The full names of the documents that a request writes. */
export function writtenBy({ writes = [] }: Message, rpc: string): readonly string[] {
  if (rpc !== "Commit" && rpc !== "BatchWrite") return [];
  return writes.map((write: Message) => write["update"]?.name ?? write["delete"] ?? "");
}

/** The collections that a request reads or writes, each once. */
export function collectionsOf(request: Message, rpc: string): readonly string[] {
  const { documents = [], structuredQuery, structuredAggregationQuery, collectionId } = request;
  const query: Message | undefined = structuredQuery ?? structuredAggregationQuery?.structuredQuery;
  const names: string[] = [...documents, ...writtenBy(request, rpc)];
  if (rpc === "GetDocument") names.push(request["name"]);
  const asked: string[] = [query?.["from"]?.[0]?.collectionId, collectionId].filter(Boolean);
  return [...new Set([...names.map((name) => name.split("/documents/").at(-1)!.split("/")[0]!), ...asked])];
}
