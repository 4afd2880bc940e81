import type { CallForm } from "./check-call-form.ts";

/** Example callers, in the order of `exampleNames` in the texts. */
export const exampleCallers: readonly Pick<CallForm, "callerName" | "callerId">[] = [
  { callerName: "홍길동", callerId: "01012345678" },
  { callerName: "", callerId: "0212345678" },
  { callerName: "", callerId: "" },
  {
    callerName: "Dr. Maximiliane Freifrau von und zu Hohenstein-Wolkenburg, Abteilung für Fernmeldewesen",
    callerId: "+4989123456789012345678901234567890",
  },
  { callerName: `<script>alert("hi")</script> & "O'Hara"`, callerId: "01098765432" },
  { callerName: "👨‍👩‍👧‍👦 우리 가족 🎉", callerId: "01011112222" },
];
