/** What the page must know of its project: `/__/firebase/init.json`, which Firebase Hosting makes for each of its sites. */
export interface ConsoleConfig {
  readonly projectId: string;
  readonly apiKey: string;
  readonly authDomain?: string;
  /** Only from the local stack's server. */
  readonly local?: LocalStack;
}

/** What only a page of the local stack has: its demo operator. */
export interface LocalStack {
  readonly operator: { readonly email: string; readonly password: string };
}

/** Loads the configuration. */
export async function loadConfig(): Promise<ConsoleConfig> {
  const response = await fetch("/__/firebase/init.json");
  if (!response.ok) throw new Error(`/__/firebase/init.json answered ${response.status}`);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- of our own origin
  return (await response.json()) as ConsoleConfig;
}
