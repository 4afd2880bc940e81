/** What a sender is started with. */
export interface SenderInput {
  readonly origin: string;
  /** The certificate authority to trust. */
  readonly ca: string;
  /** How many messages to send before anything is measured. */
  readonly warmUp: number;
  /** How many messages to measure. */
  readonly messages: number;
}

/** What sending so many messages took. */
export interface Sent {
  readonly messages: number;
  readonly seconds: number;
  /** Of this process alone. */
  readonly cpuSeconds: number;
}

/** Sends so many messages, each to another token; rejects when one of them is not accepted. */
export type SendMany = (tokens: readonly string[]) => Promise<void>;

/** Warms up, then measures. */
export async function measureSending({ warmUp, messages }: SenderInput, sendMany: SendMany): Promise<Sent> {
  await sendMany(coinTokens(warmUp));
  const tokens = coinTokens(messages);
  const cpuBefore = process.cpuUsage();
  const startedAt = performance.now();
  await sendMany(tokens);
  const { user, system } = process.cpuUsage(cpuBefore);
  return { messages, seconds: (performance.now() - startedAt) / 1000, cpuSeconds: (user + system) / 1e6 };
}

/** An access token has some two hundred characters. */
export const accessToken = "a".repeat(200);

/** Registration tokens, each another and as long as those that FCM issues. */
export function coinTokens(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `c${"0".repeat(21)}:APA91b${String(index).padStart(134, "x")}`);
}
