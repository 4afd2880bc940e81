import type { Page } from "playwright-core";

/** What a page must never do: errors on the console, such as those of its Content Security Policy, and requests to other machines. */
export class Problems {
  readonly found: string[] = [];

  constructor(page: Page) {
    page.on("pageerror", (error) => this.found.push(String(error)));
    page.on("console", (message) => {
      if (message.type() === "error") this.found.push(`${message.text()} (${message.location().url})`);
    });
    page.on("request", (request) => this.#noteUrl(request.url()));
    page.on("websocket", (socket) => this.#noteUrl(socket.url()));
  }

  #noteUrl(url: string): void {
    if (new URL(url).hostname !== "127.0.0.1") this.found.push(`asked ${url}`);
  }
}
