import type { Browser, BrowserContextOptions } from "playwright-core";
import { host, ports } from "../../local/stack/ports.ts";
import { startStack, type Stack } from "../../local/stack/stack.ts";
import { launchChromium } from "./chromium.ts";
import { ConsoleOnPage } from "./console-page.ts";
import { VirtualPage } from "./virtual-page.ts";

/** The whole stack and a browser, for the browser tests. */
export interface Setup {
  readonly stack: Stack;
  /** Opens the virtual phone in a new browser profile. */
  open(size?: { readonly width: number; readonly height: number }): Promise<VirtualPage>;
  /** Opens the console in a new browser profile, at its login. */
  openConsole(options?: BrowserContextOptions): Promise<ConsoleOnPage>;
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
      stack,
      openConsole: (options = {}) => openConsole(browser, options),
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

async function openConsole(browser: Browser, options: BrowserContextOptions): Promise<ConsoleOnPage> {
  const context = await newContext(browser, {
    viewport: { width: 1280, height: 900 },
    timezoneId: "Asia/Seoul",
    ...options,
  });
  const page = new ConsoleOnPage(await context.newPage());
  await page.goto();
  return page;
}

async function newContext(browser: Browser, options: BrowserContextOptions) {
  const context = await browser.newContext({ locale: "en-US", ...options });
  context.setDefaultTimeout(timeoutMs);
  return context;
}

async function open(browser: Browser, viewport: { readonly width: number; readonly height: number }) {
  const context = await newContext(browser, { viewport });
  const page = new VirtualPage(await context.newPage());
  await page.goto(`http://${host}:${ports.phonePage}/`);
  return page;
}
