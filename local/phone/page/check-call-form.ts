/** The fields of the call form. */
export interface CallForm {
  readonly callerName: string;
  readonly callerId: string;
  /** The checked lines. */
  readonly extens: readonly string[];
  /** One more number; empty for none. */
  readonly otherExten: string;
  readonly ringSeconds: string;
}

/** What is wrong with a field of the call form. */
export type FormError = "noExten" | "badExten" | "badRingSeconds";

/** The wrong fields of the form, with what is wrong; empty if it can be placed. */
export type FormErrors = Partial<Readonly<Record<"extens" | "otherExten" | "ringSeconds", FormError>>>;

// The limits of the page's server, which has them of the PBX's API.
const extenPattern = /^\+?[\d*#]{1,32}$/;
const ringSecondsBounds = { min: 5, max: 120 };

/** Checks what a user may enter wrongly. */
export function checkCallForm({ extens, otherExten, ringSeconds }: CallForm): FormErrors {
  const other = otherExten.trim();
  const seconds = ringSeconds.trim() === "" ? Number.NaN : Number(ringSeconds);
  const { min, max } = ringSecondsBounds;
  return {
    ...(extens.length === 0 && other === "" && { extens: "noExten" }),
    ...(other !== "" && !extenPattern.test(other) && { otherExten: "badExten" }),
    ...(!(Number.isInteger(seconds) && seconds >= min && seconds <= max) && { ringSeconds: "badRingSeconds" }),
  };
}
