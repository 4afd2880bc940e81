import assert from "node:assert/strict";
import type { Locator, Page } from "playwright-core";
import { PhoneOnPage } from "./phone-on-page.ts";

/** A call as somebody places it on the PBX's panel; what is left out stays as the page suggests it. */
export interface CallToPlace {
  readonly name?: string;
  readonly number?: string;
  /** Instead of the first user's line. */
  readonly line?: string;
  /** As long as it may be, since a busy machine is to be slow and not wrong. */
  readonly ringSeconds?: number;
}

/** The virtual phone's page as its user has it, by the roles and names of what is on it. */
export class VirtualPage {
  readonly page: Page;
  /** Errors on the console, and requests to anywhere but this machine. */
  readonly #problems: string[] = [];

  constructor(page: Page) {
    this.page = page;
    page.on("pageerror", (error) => this.#problems.push(String(error)));
    page.on("console", (message) => {
      if (message.type() === "error") this.#problems.push(`${message.text()} (${message.location().url})`);
    });
    page.on("request", (request) => this.#noteUrl(request.url()));
    page.on("websocket", (socket) => this.#noteUrl(socket.url()));
  }

  async goto(url: string): Promise<void> {
    await this.page.goto(url);
    await this.phone(1).until("App asleep");
  }

  /** The phone of that number. */
  phone(number: number): PhoneOnPage {
    return new PhoneOnPage(this.page.getByRole("region", { name: `Phone ${number}`, exact: true }));
  }

  /** The PBX's panel. */
  get pbx(): Locator {
    return this.page.getByRole("region", { name: "PBX", exact: true });
  }

  /** The call that was placed last, as the PBX sees it. */
  get latestCall(): Locator {
    return this.pbx.getByRole("article").first();
  }

  /** Places a call and resolves when the PBX shows it. */
  async place({ name, number, line, ringSeconds = 120 }: CallToPlace = {}): Promise<void> {
    const placed = this.page.waitForResponse(
      (response) => response.request().method() === "POST" && response.url().endsWith("/api/calls"),
    );
    if (name !== undefined) await this.pbx.getByLabel("Caller's name").fill(name);
    if (number !== undefined) await this.pbx.getByLabel("Caller's number").fill(number);
    await this.pbx.getByLabel("Ring time in seconds").fill(String(ringSeconds));
    if (line !== undefined) await this.#chooseLine(line);
    await this.pbx.getByRole("button", { name: "Place call" }).click();
    const { placedAt } = await (await placed).json();
    await this.latestCall.locator(`time[datetime="${placedAt}"]`).waitFor();
  }

  /** Resolves when the call that was placed last stands so. */
  async untilCall(state: string): Promise<void> {
    await this.latestCall.getByRole("status").getByText(state, { exact: true }).waitFor();
  }

  /** Resolves when the call that was placed last has gone through that step. */
  async untilStep(what: string): Promise<void> {
    await this.latestCall.getByText(what, { exact: true }).waitFor();
  }

  /** What the caller or the desk does to the call that was placed last. */
  async act(button: "Caller hangs up" | "Answer at the desk phone" | "Hang up"): Promise<void> {
    await this.latestCall.getByRole("button", { name: button }).click();
  }

  /** Adds a phone, which gets that number, and resolves when it lies there asleep. */
  async addPhone(number: number, email: string): Promise<void> {
    await this.page.getByRole("button", { name: `Add a phone for ${email}` }).click();
    await this.phone(number).until("App asleep");
  }

  /** Takes a phone away that was added, and logs it out. */
  async removePhone(number: number): Promise<void> {
    await this.page.getByRole("button", { name: `Remove Phone ${number}` }).click();
    await this.phone(number).region.waitFor({ state: "hidden" });
  }

  /** Moves the focus to the button of that name; throws when it is not there after so many presses of the key. */
  async tabTo(button: string, key: "Tab" | "Shift+Tab" = "Tab", most = 40): Promise<void> {
    for (let pressed = 0; pressed < most; pressed += 1) {
      await this.page.keyboard.press(key);
      const focused = this.page.locator("button:focus");
      if ((await focused.count()) === 1 && (await focused.innerText()) === button) return;
    }
    throw new Error(`${most} presses of ${key} did not reach ${button}`);
  }

  /** Throws when somebody would have to scroll sideways. */
  async assertFits(): Promise<void> {
    const { width } = this.page.viewportSize() ?? { width: 0 };
    assert.equal(await this.page.evaluate("document.documentElement.scrollWidth"), width);
  }

  /** Leaves; throws when the page has complained or spoken to anybody else. */
  async close(): Promise<void> {
    await this.page.context().close();
    assert.deepEqual(this.#problems, []);
  }

  async #chooseLine(line: string): Promise<void> {
    const lines = this.pbx.getByRole("group", { name: "Lines to ring" });
    for (const box of await lines.getByRole("checkbox").all()) await box.uncheck();
    await lines.getByRole("checkbox", { name: line }).check();
  }

  #noteUrl(url: string): void {
    if (new URL(url).hostname !== "127.0.0.1") this.#problems.push(`asked ${url}`);
  }
}
