import { matchesGlob } from "node:path";
import type { RequestHandler } from "express";
import firebaseConfig from "../../firebase.json" with { type: "json" };

/** Sets the headers of `firebase.json`: the console works here as it is deployed, or not at all. */
export const setHostingHeaders: RequestHandler = ({ path }, response, next) => {
  const file = path === "/" ? "index.html" : path.slice(1);
  for (const { source, headers } of firebaseConfig.hosting.headers) {
    if (!matchesGlob(file, source.replace(/^\//, ""))) continue;
    for (const { key, value } of headers) response.set(key, value);
  }
  next();
};
