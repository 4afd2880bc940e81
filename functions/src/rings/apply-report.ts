import type { Timestamp } from "firebase-admin/firestore";
import { ownEntry } from "../own-entry.ts";
import type { CallReport } from "../wire.ts";
import { timeOfWrite } from "./change-ring.ts";
import { withPhones, withRings, type Group } from "./group.ts";
import { applyEvent, nextPhoneState, type PhoneFacts } from "./phone-state.ts";
import type { Phone, Ring } from "./ring.ts";

/** The group after a phone's report, with the server's time. A report that is recorded already changes nothing. */
export function applyReport(group: Group, phoneId: string, report: CallReport, at: Timestamp): Group {
  const { phones } = group[0].ring;
  // A phone that could not get to its PBX did get its push, and may still be ready.
  const event = report.event === "failed" ? "received" : report.event;
  const before = ownEntry(phones, phoneId);
  const endsIt = event === "ended" && nextPhoneState(before?.state, event) !== before?.state;
  const facts = { ...buildFacts(report, at), ...(endsIt && { endedAt: at }) };
  const phone = applyEvent(before, event, facts);
  if (event !== "answered" || phone.state !== "answered") return withPhone(group, phoneId, phone);
  const isFirst = !Object.values(phones).some(({ state }) => state === "answered");
  return withRings(withPhone(group, phoneId, isFirst ? recall(phone) : phone), answerRing);
}

function withPhone(group: Group, phoneId: string, phone: Phone): Group {
  const { phones } = group[0].ring;
  return ownEntry(phones, phoneId) === phone ? group : withPhones(group, { ...phones, [phoneId]: phone });
}

/** The phone that answered the call must no longer be told that another one did. */
function recall(phone: Phone): Phone {
  const { endReason: _endReason, telling: _telling, toldAt: _toldAt, ...answering } = phone;
  return answering;
}

/**
 * If an answer silenced this ring, it was the answer of this phone, so the ring counts as answered. A ring that was
 * ended stays ended.
 */
function answerRing(ring: Ring): Ring {
  if (ring.endedAt === undefined) return ring.answeredAt === undefined ? { ...ring, answeredAt: timeOfWrite } : ring;
  if (ring.silencedAt === undefined || ring.isForGood === true) return ring;
  const { endedAt: _endedAt, endReason: _endReason, silencedAt: _silencedAt, ...open } = ring;
  // It is the answer that had silenced the ring: rings that came after that one ring on.
  return { ...open, answeredAt: open.answeredAt ?? ring.silencedAt };
}

function buildFacts(report: CallReport, at: Timestamp): PhoneFacts {
  const { facts } = report;
  return { ...buildTime(report, at), ...(facts !== undefined && { facts }) };
}

function buildTime({ event, reason }: CallReport, at: Timestamp): PhoneFacts {
  switch (event) {
    case "received":
      return { receivedAt: at };
    case "ready":
      return { readyAt: at };
    case "failed":
      return { failedAt: at, ...(reason !== undefined && { failure: reason }) };
    case "answered":
      return { answeredAt: at };
    case "declined":
      return { declinedAt: at };
    case "ended":
      // The phone may only confirm that it was told to stop: that is not worth a write.
      return {};
  }
}
