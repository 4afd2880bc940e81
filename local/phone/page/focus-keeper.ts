/** State of a phone's screen before a render. */
interface ScreenBefore {
  readonly key: string | undefined;
  readonly hadFocus: boolean;
}

/**
 * Moves the keyboard's focus with calls: to a call that starts to ring, which keeps it when it is answered, and back to its
 * former place when the call is over. A call never takes the focus from another call.
 */
export class FocusKeeper {
  readonly #root: HTMLElement;
  #before = new Map<Element, ScreenBefore>();
  #origin: Element | null = null;
  /** The focusable container of the focused control. */
  #holder: HTMLElement | null | undefined;

  constructor(root: HTMLElement) {
    this.#root = root;
  }

  /** Call right before a render. */
  noteBefore(): void {
    const focused = document.activeElement;
    this.#holder = focused?.parentElement?.closest<HTMLElement>('[tabindex="-1"]');
    this.#before = new Map(
      this.#screens().map((screen) => [screen, { key: screen.dataset["screen"], hadFocus: screen.contains(focused) }]),
    );
  }

  /** Call right after a render. */
  moveAfter(): void {
    for (const screen of this.#screens()) {
      const { key, hadFocus } = this.#before.get(screen) ?? { key: undefined, hadFocus: false };
      const keyNow = screen.dataset["screen"];
      if (key === keyNow) continue;
      const call = screen.querySelector<HTMLElement>("[data-focus]");
      if (call === null) this.#restoreFocus(screen, hadFocus);
      else if (hadFocus) call.focus();
      else if (keyNow?.startsWith("incoming") === true) this.#focusCall(call);
    }
    // If the focused button has disappeared, its container gets the focus.
    if (document.activeElement === document.body && this.#holder?.isConnected === true) this.#holder.focus();
  }

  #focusCall(call: HTMLElement): void {
    const focused = document.activeElement;
    if (focused?.closest("[data-focus]") !== null && focused !== null) return;
    this.#origin = focused;
    call.focus();
  }

  #restoreFocus(screen: HTMLElement, hadFocus: boolean): void {
    if (!hadFocus || screen.contains(document.activeElement)) return;
    const origin = this.#origin;
    if (origin instanceof HTMLElement && origin.isConnected && origin !== document.body) origin.focus();
    else screen.focus();
    this.#origin = null;
  }

  #screens(): HTMLElement[] {
    return [...this.#root.querySelectorAll<HTMLElement>("[data-screen]")];
  }
}
