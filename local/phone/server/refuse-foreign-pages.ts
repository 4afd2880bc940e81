import type { RequestHandler } from "express";
import { isFromForeignPage } from "../../../packages/push-emulator/src/foreign-page.ts";
import { RequestError } from "./request-error.ts";

/** Refuses requests of other web sites' pages: they could place calls, and read who has called. */
export function refuseForeignPages(host: string): RequestHandler {
  return ({ headers }, _response, next) => {
    if (!isFromForeignPage(headers, host)) return next();
    throw new RequestError(403, "foreign_page", "Host and Origin must be of this machine or its network");
  };
}
