import assert from "node:assert/strict";
import type { Locator, Page } from "playwright-core";
import type { Section } from "../../console/src/state/route.ts";
import { texts } from "../../console/src/text/language.ts";
import { demoOperator } from "../../local/stack/demo.ts";
import { host, ports } from "../../local/stack/ports.ts";
import { Problems } from "./problems.ts";

/** The operators' console, found by the roles and names of its elements. */
export class ConsoleOnPage {
  readonly page: Page;
  readonly #problems: Problems;
  #t = texts.en;
  #expected: RegExp | undefined;

  constructor(page: Page) {
    this.page = page;
    this.#problems = new Problems(page);
  }

  /** The heading of the page that is shown. */
  heading(name: string): Locator {
    return this.page.getByRole("heading", { level: 1, name, exact: true });
  }

  async goto(): Promise<void> {
    await this.page.goto(`http://${host}:${ports.console}/`);
    await this.heading(this.#t.login.title).waitFor();
  }

  /** Logs in as a user, or as the demo operator by a click; the overview or the refusal follows. */
  async logIn(user?: { readonly email: string; readonly password: string }): Promise<void> {
    if (user === undefined) {
      await this.page.getByRole("button", { name: this.#t.login.demo }).click();
      assert.equal(await this.page.getByLabel(this.#t.login.email).inputValue(), demoOperator.email);
    } else {
      await this.page.getByLabel(this.#t.login.email).fill(user.email);
      await this.page.getByLabel(this.#t.login.password).fill(user.password);
    }
    await this.page.getByRole("button", { name: this.#t.login.logIn, exact: true }).click();
  }

  /** Logs in as the demo operator and resolves when the overview is there. */
  async enter(): Promise<void> {
    await this.logIn();
    await this.heading(this.#t.sections.overview).waitFor();
  }

  /** Opens a section by its link and resolves when its content is loaded. */
  async open(section: Section): Promise<void> {
    const name = this.#t.sections[section];
    await this.page.getByRole("navigation", { name: this.#t.navigation }).getByRole("link", { name }).click();
    await this.heading(name).waitFor();
    await this.untilLoaded();
  }

  async untilLoaded(): Promise<void> {
    await this.page.getByText(this.#t.loading, { exact: true }).first().waitFor({ state: "hidden" });
  }

  async speakKorean(): Promise<void> {
    await this.page.getByRole("button", { name: "한국어" }).click();
    this.#t = texts.ko;
  }

  /** The row of a table that has this text. */
  row(text: string): Locator {
    return this.page.getByRole("row").filter({ hasText: text }).first();
  }

  /** Presses a button anywhere on the page. */
  async press(name: string): Promise<void> {
    await this.page.getByRole("button", { name, exact: true }).click();
  }

  /** Moves the focus to the element of that name by the keyboard; throws when so many presses do not reach it. */
  async tabTo(role: "button" | "link", name: string, most = 60): Promise<void> {
    for (let pressed = 0; pressed < most; pressed += 1) {
      await this.page.keyboard.press("Tab");
      const focused = this.page.getByRole(role, { name }).and(this.page.locator(":focus"));
      if ((await focused.count()) === 1) return;
    }
    throw new Error(`${most} presses of Tab did not reach ${name}`);
  }

  /** Throws when the page scrolls sideways. */
  async assertFits(where: string): Promise<void> {
    const { width } = this.page.viewportSize() ?? { width: 0 };
    assert.equal(await this.page.evaluate("document.documentElement.scrollWidth"), width, where);
  }

  /** Chromium logs each answer with an error status: one with this status is expected. */
  expectRefusal(status: number): void {
    this.#expected = new RegExp(`status of ${status}`);
  }

  /** Closes the page; throws when it logged an error that is not expected, or sent a request to another machine. */
  async close(): Promise<void> {
    await this.page.context().close();
    assert.deepEqual(
      this.#problems.found.filter((found) => this.#expected?.test(found) !== true),
      [],
    );
  }
}
