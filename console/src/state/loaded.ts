/** What was asked for: the last answer, and the error of the last question. */
export class Loaded<T> {
  value: T | undefined;
  error: unknown;
  isLoading = false;
  readonly #onChange: () => void;
  #asked = 0;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  /** Takes the answer, unless another question was asked since. Resolves with whether it was taken; does not reject. */
  async load(question: () => Promise<T>): Promise<boolean> {
    this.#asked += 1;
    const nth = this.#asked;
    this.isLoading = true;
    this.#onChange();
    try {
      const value = await question();
      if (nth !== this.#asked) return false;
      this.value = value;
      this.error = undefined;
    } catch (error) {
      if (nth !== this.#asked) return false;
      this.error = error;
    }
    this.isLoading = false;
    this.#onChange();
    return this.error === undefined;
  }
}
