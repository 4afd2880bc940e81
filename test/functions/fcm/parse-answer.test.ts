import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseAnswer } from "../../../functions/src/fcm/parse-answer.ts";
import * as documented from "./documented-answers.ts";
import { badRequest, errorBody, fcmError } from "./fcm-answers.ts";

const now = Date.UTC(2026, 10, 2, 3, 4, 5);
const target = { kind: "token", value: `cX1yZ2:APA91b${"q".repeat(130)}` } as const;

const invalidText = "The registration token is not a valid FCM registration token";

function parse(status: number, body: string, retryAfter?: string) {
  const headers = retryAfter === undefined ? {} : { "retry-after": retryAfter };
  return parseAnswer({ status, headers, body }, target, now);
}

describe("an answer of FCM", () => {
  it("200 with a name is accepted, and the whole name is the message id", () => {
    const name = "projects/demo/messages/0:1500415314455276%31bd1c9631bd1c96";
    assert.deepEqual(parse(200, JSON.stringify({ name })), { status: "accepted", messageId: name });
  });

  for (const body of ["{}", "<html>", "", '{"name":""}', '{"name":7}', "null"]) {
    it(`200 with ${JSON.stringify(body)} is unavailable: it may not be FCM's`, () => {
      assert.deepEqual(parse(200, body), {
        status: "unavailable",
        code: "unreadable_answer",
        mayBeDelivered: true,
      });
    });
  }

  it("404 UNREGISTERED is unregistered", () => {
    const body = errorBody(404, "NOT_FOUND", [fcmError("UNREGISTERED")]);
    assert.deepEqual(parse(404, body), { status: "unregistered", code: "UNREGISTERED" });
  });

  for (const field of ["message.token", "message.fid"]) {
    it(`400 that names ${field} is unregistered`, () => {
      const body = errorBody(400, "INVALID_ARGUMENT", [fcmError("INVALID_ARGUMENT"), badRequest(field)]);
      assert.deepEqual(parse(400, body), { status: "unregistered", code: "INVALID_ARGUMENT" });
    });
  }

  it("400 for a token that FCM never issued is unregistered, in today's form and in the older one", () => {
    for (const body of [documented.invalidToken, documented.invalidTokenOlder]) {
      assert.deepEqual(parse(400, body), { status: "unregistered", code: "INVALID_ARGUMENT" });
    }
  });

  for (const text of [
    "The registration token is not a valid FCM registration token.",
    "the Registration Token is not a valid FCM registration token",
    " 'The registration token'  is not a valid \u201cFCM registration token\u201d. ",
  ]) {
    it(`400 ${JSON.stringify(text)} is the same answer`, () => {
      const body = errorBody(400, "INVALID_ARGUMENT", [fcmError("INVALID_ARGUMENT")], text);
      assert.equal(parse(400, body).status, "unregistered");
    });
  }

  const keeping: readonly (readonly [what: string, status: number, body: string])[] = [
    ["a payload that is too large", 400, documented.payloadTooLarge],
    ["a number in data", 400, documented.wrongValue],
    ["a message without a recipient", 400, documented.missingRecipient],
    ["the token text without FCM's own error", 400, errorBody(400, "INVALID_ARGUMENT", [], invalidText)],
    [
      "another text",
      400,
      errorBody(400, "INVALID_ARGUMENT", [fcmError("INVALID_ARGUMENT")], `${invalidText} of this project`),
    ],
    [
      "the token text inside a longer one",
      400,
      errorBody(400, "INVALID_ARGUMENT", [fcmError("INVALID_ARGUMENT")], `Either ${invalidText}`),
    ],
    [
      "the token text with another code",
      400,
      errorBody(400, "INVALID_ARGUMENT", [fcmError("QUOTA_EXCEEDED")], invalidText),
    ],
    [
      "the token text under another status",
      403,
      errorBody(403, "PERMISSION_DENIED", [fcmError("INVALID_ARGUMENT")], invalidText),
    ],
    [
      "the token text with another field",
      400,
      errorBody(400, "INVALID_ARGUMENT", [fcmError("INVALID_ARGUMENT"), badRequest("message.data")], invalidText),
    ],
    [
      "the token field beside another one",
      400,
      errorBody(400, "INVALID_ARGUMENT", [badRequest("message.token"), badRequest("message.android.ttl")]),
    ],
  ];
  for (const [what, status, body] of keeping) {
    it(`${status} for ${what} is rejected and keeps the registration`, () => {
      assert.equal(parse(status, body).status, "rejected");
    });
  }

  it("for a topic forgets no registration", () => {
    const topic = { kind: "fcmTopic", value: "news" } as const;
    for (const [status, body] of [
      [400, documented.invalidToken],
      [404, documented.unregistered],
    ] as const) {
      assert.equal(parseAnswer({ status, headers: {}, body }, topic, now).status, "rejected");
    }
  });

  it("for a fid: 404 UNREGISTERED is unregistered, the text about a token is ignored", () => {
    const fid = { kind: "fid", value: "dyefXrmQZFjTpU66NPAkD_" } as const;
    assert.equal(
      parseAnswer({ status: 404, headers: {}, body: documented.unregistered }, fid, now).status,
      "unregistered",
    );
    assert.equal(parseAnswer({ status: 400, headers: {}, body: documented.invalidToken }, fid, now).status, "rejected");
    assert.equal(
      parseAnswer({ status: 404, headers: {}, body: errorBody(404, "NOT_FOUND") }, fid, now).status,
      "rejected",
    );
  });

  const rejections: [number, string, string, unknown[]][] = [
    [400, "INVALID_ARGUMENT", "INVALID_ARGUMENT", [fcmError("INVALID_ARGUMENT"), badRequest("message.data[0].value")]],
    [400, "INVALID_ARGUMENT", "INVALID_ARGUMENT", []],
    [401, "UNAUTHENTICATED", "THIRD_PARTY_AUTH_ERROR", [fcmError("THIRD_PARTY_AUTH_ERROR")]],
    [401, "UNAUTHENTICATED", "UNAUTHENTICATED", []],
    [403, "PERMISSION_DENIED", "SENDER_ID_MISMATCH", [fcmError("SENDER_ID_MISMATCH")]],
    [403, "PERMISSION_DENIED", "PERMISSION_DENIED", []],
    [404, "NOT_FOUND", "NOT_FOUND", []],
  ];
  for (const [status, word, code, details] of rejections) {
    it(`${status} ${code} with ${details.length} details is rejected and keeps the registration`, () => {
      assert.deepEqual(parse(status, errorBody(status, word, details)), {
        status: "rejected",
        code,
        message: "Sorry.",
      });
    });
  }

  it("404 with JSON that is not FCM's is rejected, not unregistered", () => {
    assert.deepEqual(parse(404, "{}"), { status: "rejected", code: "http_404", message: "" });
  });

  it("UNREGISTERED under another type than FcmError is not unregistered", () => {
    const body = errorBody(404, "NOT_FOUND", [{ "@type": "type.googleapis.com/other", errorCode: "UNREGISTERED" }]);
    assert.equal(parse(404, body).status, "rejected");
  });

  it("with unexpected details is still parsed by the known ones", () => {
    const body = errorBody(404, "NOT_FOUND", [null, 7, { "@type": 1 }, fcmError("UNREGISTERED")]);
    assert.equal(parse(404, body).status, "unregistered");
  });

  const troubles: [number, string, string][] = [
    [429, "RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED"],
    [500, "INTERNAL", "INTERNAL"],
    [502, "UNAVAILABLE", "UNAVAILABLE"],
    [503, "UNAVAILABLE", "UNAVAILABLE"],
    [504, "DEADLINE_EXCEEDED", "DEADLINE_EXCEEDED"],
  ];
  for (const [status, word, code] of troubles) {
    it(`${status} is unavailable`, () => {
      const body = errorBody(status, word, code === word ? [] : [fcmError(code)]);
      assert.deepEqual(parse(status, body), { status: "unavailable", code });
    });
  }

  for (const status of [302, 400, 401, 403, 404, 502]) {
    it(`${status} with an HTML page is unavailable`, () => {
      const page = "<!DOCTYPE html><title>Error</title>";
      assert.deepEqual(parse(status, page), { status: "unavailable", code: `http_${status}` });
    });
  }

  it("contains the wait that FCM asks for", () => {
    const answer = parse(503, errorBody(503, "UNAVAILABLE", []), "7");
    assert.deepEqual(answer, { status: "unavailable", code: "UNAVAILABLE", retryAfterMs: 7000 });
  });

  it("is cut when it quotes the registration, before it can be logged", () => {
    const message = `The token ${target.value} or ${"z".repeat(60)} is bad`;
    const outcome = parse(400, errorBody(400, "INVALID_ARGUMENT", [], message));
    assert.deepEqual(outcome, {
      status: "rejected",
      code: "INVALID_ARGUMENT",
      message: "The token cX1yZ2:A… or zzzzzzzz… is bad",
    });
  });
});

describe("an answer with APNs' reason", () => {
  it("contains the reason, and keeps a registration that may be of Apple's other environment", () => {
    const { message, ...outcome } = { message: "", ...parse(400, documented.badDeviceToken) };
    assert.deepEqual(outcome, { status: "rejected", code: "INVALID_ARGUMENT", apnsReason: "BadDeviceToken" });
    assert.equal(message, "Request contains an invalid argument.");
  });

  for (const [statusCode, reason] of [
    [400, "BadDeviceToken"],
    [400, "DeviceTokenNotForTopic"],
    [413, "PayloadTooLarge"],
  ] as const) {
    it(`with ${reason} keeps the registration, whatever else it contains`, () => {
      const apns = documented.apnsError(statusCode, reason);
      for (const [status, word, code, text] of [
        [404, "NOT_FOUND", "UNREGISTERED", "Requested entity was not found."],
        [400, "INVALID_ARGUMENT", "INVALID_ARGUMENT", invalidText],
      ] as const) {
        const outcome = parse(status, errorBody(status, word, [fcmError(code), apns], text));
        assert.deepEqual([outcome.status, "apnsReason" in outcome && outcome.apnsReason], ["rejected", reason]);
      }
    });
  }

  it("is unregistered when APNs says that the app is gone, with FCM's UNREGISTERED and without", () => {
    const apns = documented.apnsError(410, "Unregistered");
    const gone = parse(404, errorBody(404, "NOT_FOUND", [fcmError("UNREGISTERED"), apns]));
    assert.deepEqual(gone, { status: "unregistered", code: "UNREGISTERED", apnsReason: "Unregistered" });
    const disabled = parse(400, documented.disabledAtApns);
    assert.deepEqual(disabled, { status: "unregistered", code: "INVALID_ARGUMENT", apnsReason: "Unregistered" });
  });

  it("does not forget the registration for an error of our own", () => {
    for (const [status, word, code] of [
      [401, "UNAUTHENTICATED", "THIRD_PARTY_AUTH_ERROR"],
      [403, "PERMISSION_DENIED", "SENDER_ID_MISMATCH"],
      [404, "NOT_FOUND", undefined],
    ] as const) {
      const details = [...(code === undefined ? [] : [fcmError(code)]), documented.apnsError(410, "Unregistered")];
      assert.equal(parse(status, errorBody(status, word, details)).status, "rejected");
    }
  });

  it("contains the reason when it is to be retried", () => {
    const apns = documented.apnsError(503, "ServiceUnavailable");
    const outcome = parse(503, errorBody(503, "UNAVAILABLE", [fcmError("UNAVAILABLE"), apns]));
    assert.deepEqual(outcome, { status: "unavailable", code: "UNAVAILABLE", apnsReason: "ServiceUnavailable" });
  });

  it("leaves out a reason that is not one of Apple's", () => {
    for (const reason of [target.value, "", 7, null]) {
      const apns = { ...documented.apnsError(400, ""), reason };
      const outcome = parse(400, errorBody(400, "INVALID_ARGUMENT", [fcmError("INVALID_ARGUMENT"), apns]));
      assert.deepEqual(outcome, { status: "rejected", code: "INVALID_ARGUMENT", message: "Sorry." });
    }
  });
});
