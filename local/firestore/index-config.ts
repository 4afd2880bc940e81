// https://firebase.google.com/docs/reference/firestore/indexes
import deployed from "../../firestore.indexes.json" with { type: "json" };

/** Content of a `firestore.indexes.json`. */
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

/** One field of an index, and its order there. */
export interface IndexedField {
  readonly fieldPath: string;
  readonly order?: string;
  readonly arrayConfig?: string;
}

/** The indexes of a single field, instead of the automatic ones. */
interface FieldOverride {
  readonly collectionGroup: string;
  readonly fieldPath: string;
  readonly indexes: readonly { readonly queryScope?: string; readonly order?: string; readonly arrayConfig?: string }[];
}

/** The indexes that this project is deployed with. */
export const deployedIndexes: IndexConfig = deployed;
