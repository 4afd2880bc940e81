/** Where a phone's screen stood before it was drawn anew. */
interface ScreenBefore {
  readonly key: string | undefined;
  readonly hadFocus: boolean;
}

/**
 * Keeps the keyboard's focus with calls: it goes to one that begins to ring, stays with it as it is answered, and returns
 * to where it was when the call is over. A call never takes it from another one.
 */
export class FocusKeeper {
  readonly #root: HTMLElement;
  #before = new Map<Element, ScreenBefore>();
  #origin: Element | null = null;
  /** What has the focused control inside it, and can take the focus itself. */
  #holder: HTMLElement | null | undefined;

  constructor(root: HTMLElement) {
    this.#root = root;
  }

  /** To be called right before the page is drawn. */
  noteBefore(): void {
    const focused = document.activeElement;
    this.#holder = focused?.parentElement?.closest<HTMLElement>('[tabindex="-1"]');
    this.#before = new Map(
      this.#screens().map((screen) => [screen, { key: screen.dataset["screen"], hadFocus: screen.contains(focused) }]),
    );
  }

  /** To be called right after the page was drawn. */
  moveAfter(): void {
    for (const screen of this.#screens()) {
      const { key, hadFocus } = this.#before.get(screen) ?? { key: undefined, hadFocus: false };
      const keyNow = screen.dataset["screen"];
      if (key === keyNow) continue;
      const call = screen.querySelector<HTMLElement>("[data-focus]");
      if (call === null) this.#comeBack(screen, hadFocus);
      else if (hadFocus) call.focus();
      else if (keyNow?.startsWith("incoming") === true) this.#goTo(call);
    }
    // A button that did its work and is gone leaves the keyboard where it was.
    if (document.activeElement === document.body && this.#holder?.isConnected === true) this.#holder.focus();
  }

  #goTo(call: HTMLElement): void {
    const focused = document.activeElement;
    if (focused?.closest("[data-focus]") !== null && focused !== null) return;
    this.#origin = focused;
    call.focus();
  }

  #comeBack(screen: HTMLElement, hadFocus: boolean): void {
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
