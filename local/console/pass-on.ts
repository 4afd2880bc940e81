import express, { type RequestHandler, type Response } from "express";

/** Longer than a callable takes. */
const timeoutMs = 70_000;
const maxBodyBytes = 1024 * 1024;

/** What is passed on of a request, and of its answer. */
const requestHeaders = ["authorization", "content-type", "origin", "x-client-version", "x-firebase-gmpid"];
const answerHeaders = ["content-type", "retry-after"];

/** Passes requests on to another server, as Firebase Hosting does with a rewrite. */
export function passOn(targetOf: (originalUrl: string) => string): RequestHandler[] {
  return [
    express.raw({ type: () => true, limit: maxBodyBytes }),
    async ({ method, originalUrl, headers, body }, response) => {
      const kept = requestHeaders.flatMap((name) => {
        const value = headers[name];
        return typeof value === "string" ? [[name, value] as const] : [];
      });
      const asked = {
        method,
        headers: Object.fromEntries(kept),
        signal: AbortSignal.timeout(timeoutMs),
        ...(Buffer.isBuffer(body) && { body: new Uint8Array(body) }),
      };
      await answerFrom(targetOf(originalUrl), asked, response);
    },
  ];
}

async function answerFrom(url: string, asked: RequestInit, response: Response): Promise<void> {
  const answer = await fetch(url, asked);
  for (const name of answerHeaders) {
    const value = answer.headers.get(name);
    if (value !== null) response.set(name, value);
  }
  response.status(answer.status).send(Buffer.from(await answer.arrayBuffer()));
}
