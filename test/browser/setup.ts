import type { Browser } from "playwright-core";
import { host, ports } from "../../local/stack/ports.ts";
import { startStack } from "../../local/stack/stack.ts";
import { launchChromium } from "./chromium.ts";
import { VirtualPage } from "./virtual-page.ts";

/** The whole stack and a browser, for the browser tests. */
export interface Setup {
  /** Opens the virtual phone in a new browser profile. */
  open(size?: { readonly width: number; readonly height: number }): Promise<VirtualPage>;
  close(): Promise<void>;
}

/** The Functions emulator starts a process for each concurrent request, which takes seconds on a busy machine. */
const timeoutMs = 45_000;

/** Starts the stack and the browser, once for every test of a file: the stack has fixed ports and takes half a minute. */
export async function setUp(): Promise<Setup> {
  const browser = await launchChromium();
  try {
    const stack = await startStack();
    return {
      open: (size = { width: 1280, height: 900 }) => open(browser, size),
      close: async () => {
        await browser.close();
        await stack.stop();
      },
    };
  } catch (error) {
    await browser.close();
    throw error;
  }
}

async function open(browser: Browser, viewport: { readonly width: number; readonly height: number }) {
  const context = await browser.newContext({ viewport, locale: "en-US" });
  context.setDefaultTimeout(timeoutMs);
  const page = new VirtualPage(await context.newPage());
  await page.goto(`http://${host}:${ports.phonePage}/`);
  return page;
}
