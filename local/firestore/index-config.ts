// https://firebase.google.com/docs/reference/firestore/indexes
import deployed from "../../firestore.indexes.json" with { type: "json" };

/** What a `firestore.indexes.json` says. */
export interface IndexConfig {
  readonly indexes: readonly CompositeIndex[];
  readonly fieldOverrides?: readonly FieldOverride[];
}

/** An index over several fields. */
interface CompositeIndex {
  readonly collectionGroup: string;
  readonly queryScope: string;
  readonly fields: readonly IndexedField[];
}

/** One field of an index, and in which order it lies there. */
export interface IndexedField {
  readonly fieldPath: string;
  readonly order?: string;
  readonly arrayConfig?: string;
}

/** The indexes of a single field, in place of those that Firestore makes by itself. */
interface FieldOverride {
  readonly collectionGroup: string;
  readonly fieldPath: string;
  readonly indexes: readonly { readonly queryScope?: string; readonly order?: string; readonly arrayConfig?: string }[];
}

/** The indexes that this project is deployed with. */
export const deployedIndexes: IndexConfig = deployed;
