/** Input of a sender process. */
export interface SenderInput {
  readonly origin: string;
  /** The certificate authority to trust. */
  readonly ca: string;
  /** Number of messages to send before the measurement. */
  readonly warmUp: number;
  /** Number of messages to measure. */
  readonly messages: number;
}

/** Result of a measurement. */
export interface Sent {
  readonly messages: number;
  readonly seconds: number;
  /** CPU time of this process alone. */
  readonly cpuSeconds: number;
}

/** Sends a message to each token; rejects if FCM does not accept one. */
export type SendMany = (tokens: readonly string[]) => Promise<void>;

/** Warms up, then measures. */
export async function measureSending({ warmUp, messages }: SenderInput, sendMany: SendMany): Promise<Sent> {
  await sendMany(createTokens(warmUp));
  const tokens = createTokens(messages);
  const cpuBefore = process.cpuUsage();
  const startedAt = performance.now();
  await sendMany(tokens);
  const { user, system } = process.cpuUsage(cpuBefore);
  return { messages, seconds: (performance.now() - startedAt) / 1000, cpuSeconds: (user + system) / 1e6 };
}

/** As long as a real access token, about 200 characters. */
export const accessToken = "a".repeat(200);

/** Different registration tokens, as long as FCM's. */
export function createTokens(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `c${"0".repeat(21)}:APA91b${String(index).padStart(134, "x")}`);
}
