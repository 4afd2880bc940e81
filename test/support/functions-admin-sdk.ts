import { createRequire } from "node:module";
import type * as App from "firebase-admin/app";
import type * as Firestore from "firebase-admin/firestore";

const requireFromFunctions = createRequire(new URL("../../functions/package.json", import.meta.url));

/** The Firestore types of the functions' own Admin SDK: a database refuses those of another copy. */
export const { FieldPath, FieldValue, Timestamp }: typeof Firestore = requireFromFunctions("firebase-admin/firestore");

/** The apps of the functions' own Admin SDK. */
export const { deleteApp, getApps }: typeof App = requireFromFunctions("firebase-admin/app");
