import type { Locator } from "playwright-core";

/** The modes of a phone on the page. */
export type Mode = "Foreground" | "Background" | "Closed" | "Offline" | "Uninstalled";

/** One phone on the page. */
export class PhoneOnPage {
  readonly region: Locator;

  constructor(region: Locator) {
    this.region = region;
  }

  /** The call that fills the screen. */
  ringing(caller?: string): Locator {
    return this.region.getByRole("alertdialog", caller === undefined ? {} : { name: caller, exact: true });
  }

  /** The call that this phone has answered. */
  get active(): Locator {
    return this.region.getByRole("group", { name: "Active call" });
  }

  /** The trace of this phone. */
  get trace(): Locator {
    return this.region.getByRole("log");
  }

  /** Presses the button for a mode and resolves when the phone is in it. */
  async switchTo(mode: Mode): Promise<void> {
    await this.press(mode);
    await this.region.locator("p", { hasText: explanations[mode] }).waitFor();
    if (mode === "Foreground") await this.until("WebSocket connected");
  }

  async press(
    button: Mode | "Accept" | "Slide to answer" | "Decline" | "Hang up" | "Install again" | "Locked",
  ): Promise<void> {
    await this.region.getByRole("button", { name: button, exact: true }).click();
  }

  /** Resolves when the phone shows this text anywhere. */
  async until(text: string): Promise<void> {
    await this.region.getByText(text, { exact: true }).first().waitFor();
  }

  /** Resolves when the trace has this step. */
  async untilTraced(step: string): Promise<void> {
    await this.trace.getByRole("listitem").filter({ hasText: step }).first().waitFor();
  }

  /** Whether a call has filled its screen since the page was opened. */
  async hasRung(): Promise<boolean> {
    const steps = this.trace.getByRole("listitem").filter({ hasText: /Shown full screen|Reported to CallKit/ });
    return (await steps.count()) > 0;
  }
}

const explanations: Readonly<Record<Mode, string>> = {
  Foreground: "The app is open",
  Background: "The app is suspended",
  Closed: "The user has closed the app.",
  Offline: "No network.",
  Uninstalled: "The app is uninstalled.",
};
