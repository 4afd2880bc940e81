import { nameStatus } from "../firestore/status.ts";
import { settleWithin } from "../settle-within.ts";

/** Firestore's client retries for minutes, and the job's time would be over without a word. In milliseconds. */
const answerMs = 8000;

/** What was asked for, or why it did not come. */
export type Asked<T> = { readonly answer: T } | { readonly fault: string };

/** Waits for Firestore's answer; never rejects. */
export async function askFirestore<T>(asked: Promise<T>): Promise<Asked<T>> {
  try {
    const answered = asked.then((answer) => ({ answer }));
    return (await settleWithin(answered, answerMs)) ?? { fault: "no_answer" };
  } catch (error) {
    return { fault: nameStatus(error) ?? (error instanceof Error ? error.message.slice(0, 200) : "unknown") };
  }
}
