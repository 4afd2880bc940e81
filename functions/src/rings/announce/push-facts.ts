import { Timestamp } from "firebase-admin/firestore";
import type { Device } from "../../devices/device.ts";
import { nameFailure, type Outcome, type Said } from "../../transport/outcome.ts";
import { wasUnwanted } from "../../transport/retry.ts";
import type { Phone, PhoneDevice, PushAnswer, PushAnswers } from "../ring.ts";
import type { Pushed } from "./announcement.ts";

// What a verdict needs is at hand when a push is recorded, and may be gone when someone asks. It costs no request.

/** What a device is at this moment, without its addresses. An app may send anything under the names of facts. */
export function describeDevice({ platform, facts = {}, appVersion, voip, lastSeenAt }: Device): PhoneDevice {
  const { os, osVersion, model, notifications, fullScreen, batteryRestricted } = facts;
  return {
    platform,
    ...(isText(os) && { os }),
    ...(isText(osVersion) && { osVersion }),
    ...(isText(model) && { model }),
    ...(isText(appVersion) && { appVersion }),
    ...(typeof notifications === "boolean" && { notifications }),
    ...(typeof fullScreen === "boolean" && { fullScreen }),
    ...(typeof batteryRestricted === "boolean" && { batteryRestricted }),
    ...(voip !== undefined && { voip: voip.environment }),
    lastSeenAt,
  };
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

/**
 * A phone's `said` after a push: the latest answer of each service. Nothing, if one was asked and accepted the push: the
 * phone's other fields say that.
 */
export function recordAnswers(before: Phone | undefined, { said, late, at }: Pushed): Pick<Phone, "said"> {
  const { fcm, apns = late === undefined ? undefined : { outcome: noAnswer, at } } = said;
  const isNews = (one: Said | undefined): one is Said =>
    one !== undefined && (before?.said === undefined || !wasUnwanted(one.outcome));
  const answers: PushAnswers = {
    ...(isNews(fcm) && { fcm: describeAnswer(fcm) }),
    ...(isNews(apns) && { apns: describeAnswer(apns) }),
  };
  const given = [answers.fcm, answers.apns].filter((one) => one !== undefined);
  const isPlain = given.length === 1 && given[0]?.status === "accepted" && given[0].environment === undefined;
  if (given.length === 0 || (isPlain && before?.said === undefined)) return {};
  return { said: { ...before?.said, ...answers } };
}

/** APNs was asked, and has not answered yet. */
const noAnswer: Outcome = { status: "unavailable", code: "no_answer" };

function describeAnswer({ outcome, at }: Said): PushAnswer {
  const { status } = outcome;
  const environment = "environment" in outcome ? outcome.environment : undefined;
  return {
    status,
    ...(outcome.status !== "accepted" && { code: nameFailure(outcome) }),
    ...(environment !== undefined && { environment }),
    at: Timestamp.fromMillis(at),
  };
}
