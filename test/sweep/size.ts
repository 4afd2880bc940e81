/** The number of devices to sweep. */
export function readSize(): number {
  return readWholeNumber("SWEEP_DEVICES") ?? 100_000;
}

/** The seed of the random moments. */
export function readSeed(): number {
  return readWholeNumber("SWEEP_SEED") ?? Math.floor(Math.random() * 2 ** 32);
}

function readWholeNumber(variable: string): number | undefined {
  const text = process.env[variable];
  if (text === undefined || text === "") return undefined;
  if (/^\d{1,10}$/.test(text)) return Number(text);
  throw new RangeError(`${variable} must be a whole number, not ${text}`);
}
