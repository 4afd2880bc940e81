/**
 * Conditions over topics, such as `'news' in topics && !('sport' in topics)`.
 * https://firebase.google.com/docs/cloud-messaging/send-topic-messages
 */

/** Whether the condition holds for an install with these topics. */
export type Condition = (topics: ReadonlySet<string>) => boolean;

const MAX_TOPICS = 5;
/** Far more than five topics and their operators have. */
const MAX_TOKENS = 100;
const TOKEN = /\s*(?:'([a-zA-Z0-9-_.~%]{1,900})'\s+in\s+topics\b|(&&|\|\||[!()]))/y;

/** Parses a condition; undefined if FCM would refuse it. */
export function parseCondition(text: string): Condition | undefined {
  const tokens = readTokens(text);
  if (tokens === undefined || tokens.filter(({ topic }) => topic !== undefined).length > MAX_TOPICS) return undefined;
  const reader = new ConditionReader(tokens);
  const condition = reader.readExpression();
  return reader.isAtEnd ? condition : undefined;
}

type Token = { readonly topic: string; readonly sign?: never } | { readonly sign: string; readonly topic?: never };

function readTokens(text: string): readonly Token[] | undefined {
  const tokens: Token[] = [];
  const end = text.trimEnd().length;
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < end) {
    const [, topic, sign] = TOKEN.exec(text) ?? [];
    if (topic !== undefined) tokens.push({ topic });
    else if (sign !== undefined) tokens.push({ sign });
    else return undefined;
    if (tokens.length > MAX_TOKENS) return undefined;
  }
  return tokens;
}

class ConditionReader {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#tokens.length;
  }

  /** FCM evaluates from left to right: && does not bind tighter than ||. */
  readExpression(): Condition | undefined {
    let left = this.#readTerm();
    while (left !== undefined) {
      const before = left;
      const isAnd = this.#take("&&");
      if (!isAnd && !this.#take("||")) return left;
      const right = this.#readTerm();
      left = right && ((topics) => (isAnd ? before(topics) && right(topics) : before(topics) || right(topics)));
    }
    return undefined;
  }

  #readTerm(): Condition | undefined {
    if (this.#take("!")) {
      const inner = this.#readTerm();
      return inner && ((topics) => !inner(topics));
    }
    if (this.#take("(")) {
      const inner = this.readExpression();
      return this.#take(")") ? inner : undefined;
    }
    const topic = this.#tokens[this.#at]?.topic;
    if (topic === undefined) return undefined;
    this.#at += 1;
    return (topics) => topics.has(topic);
  }

  #take(sign: string): boolean {
    const isNext = this.#tokens[this.#at]?.sign === sign;
    if (isNext) this.#at += 1;
    return isNext;
  }
}
