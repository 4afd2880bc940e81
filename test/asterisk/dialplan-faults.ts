/** One priority of a dialplan. */
interface Step {
  readonly line: number;
  readonly context: string;
  readonly exten: string;
  readonly label: string | undefined;
  readonly app: string;
  readonly args: string;
  /** One of several assignments of an MSet(), which splits its values at commas and removes their quotes. */
  readonly isOfSeveral?: boolean;
}

/** Values that the caller sends or can choose by dialling. The presentation of a number is set by Asterisk itself. */
const callerValue =
  /\$\{(?:CALLERID\((?!(?:num-|name-)?pres)|EXTEN\b|PBXPUSH_EXTEN\b|CHANNEL\(name|FILE\(|PJSIP_HEADER\(read)/;
const forbidden = /\b(?:Macro\w*|System|TrySystem|SHELL|Exec\w*|Eval|EVAL)\(|#exec|ssl_verify|\[globals\]/;

/** Everything in a dialplan that breaks one of our rules, one line each; empty for a correct one. */
export function findFaults(text: string): string[] {
  const steps = parse(text);
  return [
    ...text.split("\n").flatMap((line, index) => (forbidden.test(code(line)) ? [`${index + 1}: forbidden`] : [])),
    ...text.split("\n").flatMap((line, index) => {
      const isStep = /^ *(exten|same) *=>/.test(line);
      const isRead = steps.some((step) => step.line === index + 1 && isBalanced(step.args));
      return isStep && !isRead ? [`${index + 1}: unbalanced, or an unescaped ;`] : [];
    }),
    ...findJumpFaults(steps),
    ...findCallerFaults(steps),
    ...findRequestFaults(steps),
    ...findRingFaults(steps),
  ];
}

/** A line without its comment. */
function code(line: string): string {
  return line.replace(/(?<!\\);.*$/, "");
}

function parse(text: string): Step[] {
  const steps: Step[] = [];
  let context = "";
  let exten = "";
  for (const [index, raw] of text.split("\n").entries()) {
    const line = code(raw).trim();
    context = /^\[([^\]]+)\]/.exec(line)?.[1] ?? context;
    const found = /^(?:exten|same) *=> *(?:([^,]+),)?(?:1|n(?:\(([\w-]+)\))?),(\w+)\((.*)\)$/.exec(line);
    if (found === null) continue;
    exten = line.startsWith("exten") ? found[1]! : exten;
    const step = { line: index + 1, context, exten, label: found[2], app: found[3]!, args: found[4]! };
    if (step.app !== "MSet") steps.push(step);
    else steps.push(...splitArguments(step.args).map((args) => ({ ...step, app: "Set", args, isOfSeveral: true })));
  }
  return steps;
}

/** Splits at the commas that are in no parentheses and in no braces. */
function splitArguments(args: string): string[] {
  const parts = [""];
  let depth = 0;
  for (const character of args) {
    depth += Number("({".includes(character)) - Number(")}".includes(character));
    if (character === "," && depth === 0) parts.push("");
    else parts[parts.length - 1] += character;
  }
  return parts;
}

function isBalanced(args: string): boolean {
  const plain = args.replaceAll(/\\./g, "");
  return ["()", "{}"].every(([open, close]) => plain.split(open!).length === plain.split(close!).length);
}

/** Every jump has a target, and no extension of ours runs off its end. */
function findJumpFaults(steps: readonly Step[]): string[] {
  const contexts = new Set(steps.map(({ context }) => context));
  return steps.flatMap((step, index) => {
    const isNeighbour = (other: Step | undefined) => other?.context === step.context && other.exten === step.exten;
    const labels = new Set(steps.filter(isNeighbour).map(({ label }) => label));
    const lostLabels = findTargets(step).filter((target) => !target.includes(",") && !labels.has(target));
    const called = step.app === "Gosub" ? step.args.split(",", 1)[0]! : step.context;
    const isOpenEnd = !isNeighbour(steps[index + 1]) && !["Return", "Hangup", "Goto"].includes(step.app);
    return [
      ...lostLabels.map((target) => `${step.line}: no label ${target}`),
      ...(contexts.has(called) ? [] : [`${step.line}: no context ${called}`]),
      ...(isOpenEnd ? [`${step.line}: runs off the end`] : []),
    ];
  });
}

function findTargets({ app, args }: Step): string[] {
  if (app === "Goto") return [args];
  return app === "GotoIf" ? args.slice(args.lastIndexOf("?") + 1).split(":") : [];
}

/** A caller's value as it came, or without its parentheses. */
type State = "raw" | "bare";

/** The states of what `${REPLACE(name,…)}` makes of a caller's value among the arguments of another function. */
const inlined: ReadonlyMap<string, State> = new Map([
  ["0raw", "raw"],
  ["0bare", "bare"],
]);
const readsByName = /([,(])\$\{REPLACE\((\w+|CALLERID\(\w+\)),([^$]*?)\)\}/g;

/**
 * Caller values pass through Set() only. Functions that take one by value get it without parentheses, and only FILTER() to
 * harmless characters, URIENCODE(), LEN() and MD5() make a value of it that may be used anywhere.
 */
function findCallerFaults(steps: readonly Step[]): string[] {
  const faults: string[] = [];
  /** Variables that hold a caller value, and whether its parentheses are removed. */
  let held = new Map<string, State>();
  let where = "";
  for (const { line, context, exten, app, args: written, isOfSeveral } of steps) {
    if (where !== `${context},${exten}`) held = new Map(inlined);
    where = `${context},${exten}`;
    const stateOfName = (name: string) => (callerValue.test(`\${${name}}`) ? "raw" : held.get(name));
    const args = written.replaceAll(readsByName, (text, before: string, name: string, rest: string) => {
      const state = stateOfName(name);
      return state === undefined ? text : `${before}\${${rest.includes("\\)") ? "0bare" : `0${state}`}}`;
    });
    const stateOf = (expression: string) => {
      const states = new Set([...expression.matchAll(/\$\{(\w+)/g)].map(([, name]) => held.get(name!)));
      if (states.has("raw") || callerValue.test(expression)) return "raw";
      return states.has("bare") ? "bare" : undefined;
    };
    const [, target, value] = /^(?:LOCAL\()?([\w#&-]+|CALLERID\(\w+\))\)?=(.*)$/s.exec(args) ?? [];
    // The length of a value without parentheses is a number, and so are its digits.
    const digits = /\$\{FILTER\(0-9\+,\$\{(\w+)\}\)\}/g;
    const lengths = /\$\{LEN\((?:\$\{FILTER\([^$]*,)?\$\{(\w+)\}(?:\)\})?\)\}/g;
    const measure = (text: string, name: string) => (held.get(name) === "raw" ? text : "0");
    const measured = args.replaceAll(lengths, measure).replaceAll(digits, measure);
    const state = stateOf(app === "Set" && !/\$\[/.test(args) ? args : measured);
    if (isOfSeveral === true && state !== undefined) faults.push(`${line}: a caller's value in MSet()`);
    // A path around this step keeps the value.
    if (app === "Set" && value === "") continue;
    if (app !== "Set" || target === undefined || value === undefined) {
      if (state !== undefined) faults.push(`${line}: a caller's value in ${app}()`);
      continue;
    }
    if (/\$\[/.test(value) && state !== undefined) faults.push(`${line}: a caller's value in an expression`);
    const byName = /^\$\{(?:(?:STR)?REPLACE|CUT)\((\w+|CALLERID\(\w+\)),(.*)\)\}$/.exec(value);
    const byValue = /^\$\{(FILTER|URIENCODE|ICONV|LEN|MD5)\((.*)\)\}$/s.exec(value);
    if (byValue !== null && stateOf(byValue[2]!) === "raw") faults.push(`${line}: parentheses go into ${byValue[1]}()`);
    if (byName !== null) {
      const before = stateOfName(byName[1]!);
      const closes = byName[2]!.includes("\\)");
      if (before !== undefined) held.set(target, closes ? "bare" : before);
      continue;
    }
    const isClean = byValue !== null && byValue[1] !== "ICONV" && !byValue[2]!.startsWith("\\x20");
    if (state === undefined || isClean) held.delete(target);
    else held.set(target, byValue === null ? state : "bare");
  }
  return faults;
}

/** Requests run on channels of their own, with timeouts, and the key is only where no log shows it. */
function findRequestFaults(steps: readonly Step[]): string[] {
  return steps.flatMap(({ line, context, exten, app, args }, index) => {
    const before = steps.slice(0, index).filter((step) => step.context === context && step.exten === exten);
    const sets = (option: string) => before.some((step) => step.args.startsWith(`CURLOPT(${option})=`));
    const isKeyUse = /Authorization|,key\)/.test(args);
    const isHidden =
      app === "NoOp" &&
      /^\$\{SET\(CURLOPT\(httpheader\)=[^:]*: Bearer \$\{AST_CONFIG\([^)]*,key\)\}\):0:0\}$/.test(args);
    return [
      ...(isKeyUse && !isHidden ? [`${line}: the key is visible`] : []),
      ...(args.includes("${CURL(") && !(sets("conntimeout") && sets("httptimeout"))
        ? [`${line}: CURL() without timeouts`]
        : []),
      ...(args.includes("${CURL(") && context.startsWith("pbx-push") && context !== "pbx-push-send"
        ? [`${line}: CURL() on the caller's channel`]
        : []),
      ...(args.startsWith("pbx-push-send,") && context !== "pbx-push-request"
        ? [`${line}: a request on the caller's channel`]
        : []),
      ...(app === "Originate" && !/^Local\/.*\/n,app,NoOp,,,180,a/.test(args)
        ? [`${line}: Originate() that blocks or is cut short`]
        : []),
    ];
  });
}

/**
 * How many arguments a routine reads. After an attended transfer, arguments that a caller leaves out may be the transferee's
 * own.
 */
const argumentCounts: Readonly<Record<string, number>> = {
  "pbx-push-ask": 4,
  "pbx-push-contacts": 2,
  "pbx-push-hear": 3,
  "pbx-push-post": 2,
  "pbx-push-over": 1,
  "pbx-push-send": 2,
};

/** Whether a Gosub() passes all arguments of its routine. */
function givesAll(args: string): boolean {
  let plain = args;
  while (/[$~]\{[^{}]*\}/.test(plain)) plain = plain.replaceAll(/[$~]\{[^{}]*\}/g, "");
  const [, routine = "", given] = /^([\w-]+),s,1(?:\((.*)\))?$/.exec(plain) ?? [];
  const count = argumentCounts[routine] ?? 0;
  return count === 0 || given?.split(",").length === count;
}

/** Transfers and pickups change a channel's Linkedid and variables: a ring keeps the name that it began with. */
function findRingFaults(steps: readonly Step[]): string[] {
  return steps.flatMap(({ line, context, exten, app, args }, index) => {
    const before = steps.slice(0, index).filter((step) => step.context === context && step.exten === exten);
    const namesRing = before.some((step) =>
      /^(?:LOCAL\((?:form|PBXPUSH_FORM)\)|PBXPUSH_FORM)=ring_id=/.test(step.args),
    );
    const isEnd = args.startsWith("pbx-push-ask,s,1(end,");
    const isEndOfRequest = args === "PBXPUSH_FORM=reason=answered_elsewhere";
    return [
      ...(args.includes("CHANNEL(linkedid)") && context !== "pbx-push-announce"
        ? [`${line}: the current Linkedid`]
        : []),
      ...(app === "Gosub" && !givesAll(args) ? [`${line}: an argument is left out`] : []),
      ...(/^_(?!_PBXPUSH_(?:FORWARDS|RINGER|RINGING|LEG|LEG_BY|LEG_ENDPOINT|SEEN)=)/.test(args)
        ? [`${line}: inherited`]
        : []),
      ...((isEnd && !namesRing) || isEndOfRequest ? [`${line}: an end without a ring_id`] : []),
    ];
  });
}
