import type { IphoneTexts } from "./iphone-texts.ts";

/** Texts of an iPhone, in English. */
export const enIphone: IphoneTexts = {
  explanations: {
    background: "The app is suspended. A VoIP push wakes it, an alert does not.",
    closed: "The user has closed the app. Only a VoIP push starts it.",
    offline: "No network. APNs and FCM keep pushes until the phone is back online.",
  },
  locked: "Locked",
  unlock: "Unlock",
  closed: "App closed",
  audio: "pbx-push Audio",
  slide: "Slide to answer",
  voip: "VoIP",
  delivered: "delivered",
  stopped: "stopped by iOS",
  forgets: "The app forgets to report calls to CallKit",
  forgetsHint: "A fault in the app: iOS ends it at the next VoIP push.",
  crash: "iOS has ended the app: it did not report the call.",
  crashWarning: (misses, allowed) =>
    `Miss ${misses} of ${allowed}. If an app misses calls repeatedly, iOS stops its VoIP pushes; Apple does not say after how many.`,
  crashStopped:
    "iOS has stopped this app's VoIP pushes, and the service cannot know. Only installing the app again helps.",
};
