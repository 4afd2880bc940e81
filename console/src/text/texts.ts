import type { en } from "./en.ts";

/** All texts of the console, in one language: what English has, the others must have. */
export type Texts = typeof en;
