/** A regular expression, and the client's texts that it was run on. */
export interface SeenRegex {
  readonly regex: RegExp;
  readonly samples: Set<string>;
}

/** The number of samples of each kind to pump. */
const maxSamples = 12;

/**
 * Watches every regular expression of this process while `work` runs, our own and the libraries'; returns those that were
 * run on a text for which `isClients` is true.
 */
export async function watchRegexes(isClients: (text: string) => boolean, work: () => Promise<void>) {
  const seen = new Map<string, SeenRegex>();
  // oxlint-disable-next-line typescript/unbound-method -- put back below, and called with its own object
  const { exec, test } = RegExp.prototype;
  const note = (regex: RegExp, text: unknown) => {
    if (typeof text !== "string" || text.length > 300 || !isClients(text)) return;
    const name = `/${regex.source}/${regex.flags}`;
    const known = seen.get(name) ?? { regex: new RegExp(regex.source, regex.flags), samples: new Set<string>() };
    if (known.samples.size < maxSamples) known.samples.add(text);
    seen.set(name, known);
  };
  // oxlint-disable no-extend-native -- the watch itself; restored in any case
  RegExp.prototype.exec = function watched(text) {
    note(this, text);
    return Reflect.apply(exec, this, [text]);
  };
  RegExp.prototype.test = function watched(text) {
    note(this, text);
    return Reflect.apply(exec, this, [text]) !== null;
  };
  try {
    await work();
  } finally {
    RegExp.prototype.exec = exec;
    RegExp.prototype.test = test;
  }
  // oxlint-enable no-extend-native
  return seen;
}
