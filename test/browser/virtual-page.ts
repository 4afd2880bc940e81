import assert from "node:assert/strict";
import type { Locator, Page } from "playwright-core";
import { PhoneOnPage } from "./phone-on-page.ts";
import { Problems } from "./problems.ts";

/** A call to place on the PBX's panel; a field that is left out keeps the page's default. */
export interface CallToPlace {
  readonly name?: string;
  readonly number?: string;
  /** Replaces the first user's line. */
  readonly line?: string;
  /** The longest that is allowed, so that a busy machine makes a test slow and not wrong. */
  readonly ringSeconds?: number;
}

/** The virtual phone's page, found by the roles and names of its elements. */
export class VirtualPage {
  readonly page: Page;
  readonly #problems: Problems;

  constructor(page: Page) {
    this.page = page;
    this.#problems = new Problems(page);
  }

  async goto(url: string): Promise<void> {
    await this.page.goto(url);
    await this.phone(1).until("App asleep");
  }

  /** The phone with that number. */
  phone(number: number): PhoneOnPage {
    return new PhoneOnPage(this.page.getByRole("region", { name: `Phone ${number}`, exact: true }));
  }

  /** The PBX's panel. */
  get pbx(): Locator {
    return this.page.getByRole("region", { name: "PBX", exact: true });
  }

  /** The call that was placed last, as the PBX shows it. */
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

  /** Resolves when the call that was placed last has this state. */
  async untilCall(state: string): Promise<void> {
    await this.latestCall.getByRole("status").getByText(state, { exact: true }).waitFor();
  }

  /** Resolves when the call that was placed last has this step. */
  async untilStep(what: string): Promise<void> {
    await this.latestCall.getByText(what, { exact: true }).waitFor();
  }

  /** Presses a button of the caller or the desk on the call that was placed last. */
  async act(button: "Caller hangs up" | "Answer at the desk phone" | "Hang up"): Promise<void> {
    await this.latestCall.getByRole("button", { name: button }).click();
  }

  /** Adds a phone, which gets that number, and resolves when it is registered and asleep. */
  async addPhone(
    number: number,
    email: string,
    kind: "an Android phone" | "an iPhone" = "an Android phone",
  ): Promise<void> {
    await this.page.getByRole("button", { name: `Add ${kind} ${email}` }).click();
    await this.phone(number).until("App asleep");
  }

  /** Removes a phone that was added, and logs it out. */
  async removePhone(number: number): Promise<void> {
    await this.page.getByRole("button", { name: `Remove Phone ${number}` }).click();
    await this.phone(number).region.waitFor({ state: "hidden" });
  }

  /** Moves the focus to the button of that name; throws when so many presses of the key do not reach it. */
  async tabTo(button: string, key: "Tab" | "Shift+Tab" = "Tab", most = 40): Promise<void> {
    for (let pressed = 0; pressed < most; pressed += 1) {
      await this.page.keyboard.press(key);
      const focused = this.page.locator("button:focus");
      if ((await focused.count()) === 1 && (await focused.innerText()) === button) return;
    }
    throw new Error(`${most} presses of ${key} did not reach ${button}`);
  }

  /** Throws when the page scrolls sideways. */
  async assertFits(): Promise<void> {
    const { width } = this.page.viewportSize() ?? { width: 0 };
    assert.equal(await this.page.evaluate("document.documentElement.scrollWidth"), width);
  }

  /** Closes the page; throws when it logged an error or sent a request to another machine. */
  async close(): Promise<void> {
    await this.page.context().close();
    assert.deepEqual(this.#problems.found, []);
  }

  async #chooseLine(line: string): Promise<void> {
    const lines = this.pbx.getByRole("group", { name: "Lines to ring" });
    for (const box of await lines.getByRole("checkbox").all()) await box.uncheck();
    await lines.getByRole("checkbox", { name: line }).check();
  }
}
