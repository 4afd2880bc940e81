import type { Family } from "./scenario.ts";
export const firestoreFamily: Family = { name: "Firestore", scenarios: [] };
