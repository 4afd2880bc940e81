import { randomUUID } from "node:crypto";

import type { Database } from "./database.ts";
import { buildDocument } from "./document-reads.ts";
import { writeAlone } from "./writes.ts";
import type { WireDocument, WireMask, WireMessage, WirePrecondition } from "./wire.ts";

/** google.firestore.v1.CreateDocumentRequest. */
export interface CreateRequest {
  parent: string;
  collectionId: string;
  documentId?: string;
  document?: WireDocument;
  mask?: WireMask;
}

/** google.firestore.v1.UpdateDocumentRequest. */
export interface UpdateRequest {
  document: WireDocument;
  updateMask?: WireMask;
  mask?: WireMask;
  currentDocument?: WirePrecondition;
}

/** google.firestore.v1.DeleteDocumentRequest. */
export interface DeleteRequest {
  name: string;
  currentDocument?: WirePrecondition;
}

/** Creates a document, with an id of our own where none is given; ALREADY_EXISTS when there is one. */
export async function createDocument(database: Database, request: CreateRequest): Promise<WireMessage> {
  const { parent, collectionId, documentId, document, mask } = request;
  const id = documentId === undefined || documentId === "" ? randomUUID().replaceAll("-", "").slice(0, 20) : documentId;
  const update = { ...document, name: `${parent}/${collectionId}/${id}` };
  await writeAlone(database, [{ update, currentDocument: { exists: false } }]);
  return read(database, update.name, mask);
}

/** Sets a document, or the fields of `updateMask` only. */
export async function updateDocument(database: Database, request: UpdateRequest): Promise<WireMessage> {
  const { document, mask, updateMask, currentDocument } = request;
  await writeAlone(database, [
    { update: document, ...(updateMask && { updateMask }), ...(currentDocument && { currentDocument }) },
  ]);
  return read(database, document.name, mask);
}

/** Deletes a document. */
export async function deleteDocument(database: Database, request: DeleteRequest): Promise<WireMessage> {
  const { name, currentDocument } = request;
  await writeAlone(database, [{ delete: name, ...(currentDocument && { currentDocument }) }]);
  return {};
}

function read(database: Database, name: string, mask: WireMask | undefined): WireMessage {
  return { ...buildDocument(database, database.engine.getDoc(database.pathOf(name)), mask) };
}
