/** A message of google.firestore.v1 as proto-loader decodes it: absent fields are absent, int64 and enums are strings. */
export type WireMessage = Record<string, unknown>;

/** google.protobuf.Timestamp. */
export interface WireTimestamp {
  seconds?: string | number;
  nanos?: number;
}

/** The fields of a document or a map. */
export type WireFields = Record<string, WireValue>;

/** google.firestore.v1.Value; `valueType` names the one field that is set. */
export interface WireValue {
  valueType?: string;
  nullValue?: string;
  booleanValue?: boolean;
  integerValue?: string;
  doubleValue?: number;
  timestampValue?: WireTimestamp;
  stringValue?: string;
  bytesValue?: Uint8Array;
  referenceValue?: string;
  geoPointValue?: { latitude?: number; longitude?: number };
  arrayValue?: { values?: WireValue[] };
  mapValue?: { fields?: WireFields };
}

/** google.firestore.v1.Document. */
export interface WireDocument {
  name: string;
  fields?: WireFields;
  createTime?: WireTimestamp;
  updateTime?: WireTimestamp;
}

/** google.firestore.v1.DocumentMask. */
export interface WireMask {
  fieldPaths?: string[];
}

/** google.firestore.v1.Precondition. */
export interface WirePrecondition {
  exists?: boolean;
  updateTime?: WireTimestamp;
}

/** google.firestore.v1.DocumentTransform.FieldTransform. */
export interface WireTransform {
  fieldPath?: string;
  setToServerValue?: string;
  increment?: WireValue;
  maximum?: WireValue;
  minimum?: WireValue;
  appendMissingElements?: { values?: WireValue[] };
  removeAllFromArray?: { values?: WireValue[] };
}

/** google.firestore.v1.Write. */
export interface WireWrite {
  update?: WireDocument;
  delete?: string;
  transform?: { document: string; fieldTransforms?: WireTransform[] };
  updateMask?: WireMask;
  updateTransforms?: WireTransform[];
  currentDocument?: WirePrecondition;
}

/** google.firestore.v1.WriteResult. */
export interface WireWriteResult {
  updateTime: WireTimestamp;
  transformResults?: WireValue[];
}

/** google.firestore.v1.TransactionOptions. */
export interface WireTransactionOptions {
  readOnly?: { readTime?: WireTimestamp };
  readWrite?: { retryTransaction?: Uint8Array };
}

/** The transaction or the read time of a read request. */
export interface WireConsistency {
  transaction?: Uint8Array;
  newTransaction?: WireTransactionOptions;
  readTime?: WireTimestamp;
}
