/** A record's own entry: a phone may call itself `constructor`, which every object seems to have. */
export function ownEntry<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}
