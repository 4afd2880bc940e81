import { randomUUID } from "node:crypto";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { Transcript } from "./transcript.ts";

/** A response to an INVITE of a phone. */
export interface Heard {
  readonly status: number;
  /** Milliseconds since the INVITE. */
  readonly ms: number;
  /** Whether it has a session description: early media, or the answer's. */
  readonly hasMedia: boolean;
}

/** One call between a phone and Asterisk. */
export interface SipCall {
  readonly callId: string;
  readonly localTag: string;
  remoteTag: string;
  /** The status of the last answer to an INVITE of this phone. */
  status: number;
  isOver: boolean;
  /** When the INVITE was sent or received, by `performance.now()`. */
  readonly startedAt: number;
  /** When the call ended, by `performance.now()`. */
  overAt: number | undefined;
  /** Every response to this phone's INVITE, in order. */
  readonly heard: Heard[];
  /** Asterisk's INVITE with its headers; empty if this phone called. */
  readonly invite: string;
  target: string;
  cseq: number;
}

/** The headers of a call; they may have any bytes. */
export interface Caller {
  /** The value of From, without its tag: `"Kim" <sip:010@example.com>`. */
  readonly from?: string | Buffer;
  /** More headers, each a whole line. */
  readonly headers?: readonly (string | Buffer)[];
}

/** What a phone does with an INVITE: answer it, let it ring, play its own ringing, send nothing, or send this final status. */
export type Manner = "answers" | "rings" | "plays ringing" | "is silent" | `${number} ${string}`;

const sdp = [
  "v=0",
  "o=- 1 1 IN IP4 127.0.0.1",
  "s=-",
  "c=IN IP4 127.0.0.1",
  "t=0 0",
  "m=audio 9 RTP/AVP 0",
  "a=rtpmap:0 PCMU/8000",
  "",
].join("\r\n");

/**
 * A SIP phone without sound: it calls, answers, transfers and hangs up over UDP on 127.0.0.1. It sends headers byte for
 * byte.
 * https://www.rfc-editor.org/rfc/rfc3261, https://www.rfc-editor.org/rfc/rfc3515 (REFER), https://www.rfc-editor.org/rfc/rfc3891 (Replaces)
 */
export class SipPhone {
  readonly name: string;
  manner: Manner = "answers";
  /** The Contact of a 302. */
  redirectsTo = "";
  /** All of its calls. */
  readonly calls: SipCall[] = [];
  readonly #received = new Transcript();
  readonly #socket: Socket;
  #asterisk = 0;
  #registrations = 0;
  readonly #timers = new Set<NodeJS.Timeout>();

  private constructor(name: string, socket: Socket) {
    this.name = name;
    this.#socket = socket;
    socket.on("message", (bytes) => {
      const message = bytes.toString("latin1");
      this.#receive(message);
      this.#received.append(message);
    });
  }

  static async start(name: string): Promise<SipPhone> {
    const socket = createSocket("udp4");
    socket.bind(0, "127.0.0.1");
    await once(socket, "listening");
    return new SipPhone(name, socket);
  }

  /** The phone's `sip:` URI. */
  get uri(): string {
    return `sip:${this.name}@127.0.0.1:${this.#socket.address().port}`;
  }

  /** Sets the port on which Asterisk listens. */
  connect(port: number): void {
    this.#asterisk = port;
  }

  /** Registers with Asterisk for `seconds`; 0 unregisters. `parameters` follow the contact's URI: `;x=1`. */
  async register(seconds = 300, parameters = ""): Promise<void> {
    await this.#register(seconds, `<${this.uri}${parameters}>;expires=${seconds}`);
  }

  /** Removes all contacts of its endpoint: https://www.rfc-editor.org/rfc/rfc3261#section-10.2.2 */
  async unregister(): Promise<void> {
    await this.#register(0, "*");
  }

  async #register(seconds: number, contact: string): Promise<void> {
    const cseq = (this.#registrations += 1);
    this.#send([
      `REGISTER sip:127.0.0.1:${this.#asterisk} SIP/2.0`,
      `Via: SIP/2.0/UDP 127.0.0.1:${this.#socket.address().port};branch=z9hG4bK${randomUUID()};rport`,
      `From: <sip:${this.name}@127.0.0.1>;tag=${randomUUID()}`,
      `To: <sip:${this.name}@127.0.0.1>`,
      `Call-ID: register-${this.name}`,
      `CSeq: ${cseq} REGISTER`,
      `Contact: ${contact}`,
      `Expires: ${seconds}`,
      "Max-Forwards: 70",
      "Content-Length: 0",
      "",
      "",
    ]);
    await this.until(() => this.#received.text.includes(`\r\nCSeq: ${cseq} REGISTER\r\n`));
  }

  /** Sends an INVITE to an extension. */
  invite(exten: string, { from = `<sip:${this.name}@127.0.0.1>`, headers = [] }: Caller = {}): SipCall {
    const target = `sip:${toBytes(exten)}@127.0.0.1:${this.#asterisk}`;
    const call = this.#add({ target, callId: randomUUID(), remoteTag: "", invite: "" });
    const lines = ["Content-Type: application/sdp", ...headers.map(toBytes)];
    const message = this.#request(call, "INVITE", lines, sdp, toBytes(from));
    this.#repeat(message, () => call.status > 0);
    return call;
  }

  /** Calls an extension; resolves when that rings or has a final answer. */
  async call(exten: string, caller: Caller = {}): Promise<SipCall> {
    const call = this.invite(exten, caller);
    await this.until(() => call.status >= 180);
    return call;
  }

  /** Checks a condition after each received message, until it holds. */
  until(condition: () => boolean): Promise<void> {
    return this.#received.until(condition);
  }

  /** Waits for the n-th call of this phone. */
  async called(n = 1): Promise<SipCall> {
    await this.until(() => this.calls.length >= n);
    return this.calls[n - 1]!;
  }

  /** Waits until a call is over. */
  async over(call: SipCall): Promise<SipCall> {
    await this.until(() => call.isOver);
    return call;
  }

  /** Connects the other party of one call to that of another: an attended transfer. */
  transfer(call: SipCall, consult: SipCall): void {
    const { callId, remoteTag, localTag } = consult;
    const replaces = encodeURIComponent(`${callId};to-tag=${remoteTag};from-tag=${localTag}`);
    const target = consult.target.replaceAll(/[<>]/g, "");
    this.#request(call, "REFER", [`Refer-To: <${target}?Replaces=${replaces}>`, `Referred-By: <${this.uri}>`]);
  }

  /** Sends the other party of a call to another extension: a blind transfer. */
  redirect(call: SipCall, exten: string): void {
    this.#request(call, "REFER", [
      `Refer-To: <sip:${exten}@127.0.0.1:${this.#asterisk}>`,
      `Referred-By: <${this.uri}>`,
    ]);
  }

  /** Presses keys during a call, each with a SIP INFO. */
  press(call: SipCall, keys: string): void {
    for (const key of keys) {
      this.#request(call, "INFO", ["Content-Type: application/dtmf-relay"], `Signal=${key}\r\nDuration=100\r\n`);
    }
  }

  /** Hangs up, or cancels. */
  hangUp(call: SipCall): void {
    if (call.isOver) return;
    const isTaken = call.status >= 200;
    const message = this.#request(call, isTaken ? "BYE" : "CANCEL");
    if (!isTaken) this.#repeat(message, () => call.status >= 200);
    end(call);
  }

  close(): void {
    for (const timer of this.#timers) clearInterval(timer);
    this.#socket.close();
  }

  /** Resends a request, as UDP may lose it, every T1: https://www.rfc-editor.org/rfc/rfc3261#section-17.1, without back-off. */
  #repeat(message: readonly string[], isDone: () => boolean): void {
    const timer = setInterval(() => {
      if (!isDone()) return this.#send(message);
      clearInterval(timer);
      this.#timers.delete(timer);
    }, 500);
    this.#timers.add(timer);
  }

  #add(call: Pick<SipCall, "target" | "callId" | "remoteTag" | "invite">): SipCall {
    const fresh = { localTag: randomUUID(), status: 0, isOver: false, overAt: undefined, cseq: 1 };
    const added: SipCall = { ...call, ...fresh, heard: [], startedAt: performance.now() };
    this.calls.push(added);
    return added;
  }

  #request(
    call: SipCall,
    method: string,
    headers: readonly string[] = [],
    body = "",
    from?: string,
  ): readonly string[] {
    // A CANCEL and the ACK of a refusal belong to the INVITE's transaction.
    const cseq = method === "CANCEL" || method === "ACK" ? 1 : (call.cseq += 1) - 1;
    const isOfInvite = method === "CANCEL" || (method === "ACK" && call.status >= 300);
    const branch = `z9hG4bK${call.callId}${isOfInvite ? "1INVITE" : `${cseq}${method}`}`;
    const to = call.remoteTag === "" || method === "CANCEL" ? "" : `;tag=${call.remoteTag}`;
    const message = [
      `${method} ${call.target.replaceAll(/[<>]/g, "")} SIP/2.0`,
      `Via: SIP/2.0/UDP 127.0.0.1:${this.#socket.address().port};branch=${branch};rport`,
      `From: ${from ?? `<sip:${this.name}@127.0.0.1>`};tag=${call.localTag}`,
      `To: <sip:other@127.0.0.1>${to}`,
      `Call-ID: ${call.callId}`,
      `CSeq: ${cseq} ${method}`,
      `Contact: <${this.uri}>`,
      "Max-Forwards: 70",
      ...headers,
      `Content-Length: ${body.length}`,
      "",
      body,
    ];
    this.#send(message);
    return message;
  }

  #receive(message: string): void {
    const call = this.calls.find(({ callId }) => callId === headerOf(message, "Call-ID"));
    if (message.startsWith("SIP/2.0 ")) return call && this.#receiveResponse(call, message);
    const method = message.split(" ", 1)[0]!;
    if (method === "INVITE" && call === undefined) return this.#receiveCall(message);
    // A retransmission, because the answer was slow: the answer stands.
    if (method === "INVITE" && headerOf(message, "CSeq") === headerOf(call!.invite, "CSeq")) return;
    if ((method === "BYE" || method === "CANCEL") && call !== undefined) end(call);
    if (method !== "ACK") this.#respond(message, "200 OK", call);
    if (method === "CANCEL" && call !== undefined) this.#respond(call.invite, "487 Request Terminated", call);
  }

  #receiveResponse(call: SipCall, message: string): void {
    const status = Number(message.slice(8, 11));
    if (!headerOf(message, "CSeq").endsWith("INVITE")) return;
    call.heard.push({ status, ms: performance.now() - call.startedAt, hasMedia: message.includes("\r\nm=audio ") });
    call.status = status;
    call.remoteTag = /;tag=([^;\s]+)/.exec(headerOf(message, "To"))?.[1] ?? "";
    if (status >= 300) end(call);
    if (status < 300) call.target = /<([^>]+)>/.exec(headerOf(message, "Contact"))?.[1] ?? call.target;
    if (status >= 200) this.#request(call, "ACK");
  }

  #receiveCall(message: string): void {
    const target = /<([^>]+)>/.exec(headerOf(message, "Contact"))![1]!;
    const remoteTag = /;tag=([^;\s]+)/.exec(headerOf(message, "From"))![1]!;
    const call = this.#add({ target, remoteTag, callId: headerOf(message, "Call-ID"), invite: message });
    if (this.manner === "answers" || this.manner === "rings") this.ring(call);
    if (this.manner === "answers") this.answer(call);
    else if (this.manner === "plays ringing") this.#respond(message, "183 Session Progress", call, sdp);
    else if (this.manner !== "rings" && this.manner !== "is silent") this.decline(call, this.manner);
  }

  /** Says that a call rings. */
  ring(call: SipCall): void {
    this.#respond(call.invite, "180 Ringing", call);
  }

  /** Answers a ringing call. */
  answer(call: SipCall): void {
    call.status = 200;
    this.#respond(call.invite, "200 OK", call, sdp);
  }

  /** Declines a ringing call. */
  decline(call: SipCall, status = "486 Busy Here"): void {
    end(call);
    this.#respond(call.invite, status, call);
  }

  #respond(message: string, status: string, call: SipCall | undefined, body = ""): void {
    const to = headerOf(message, "To");
    const contact = status.startsWith("302") ? this.redirectsTo : this.uri;
    this.#send([
      `SIP/2.0 ${status}`,
      ...message.split("\r\n").filter((line) => line.startsWith("Via:")),
      `From: ${headerOf(message, "From")}`,
      `To: ${to}${to.includes(";tag=") ? "" : `;tag=${call?.localTag}`}`,
      `Call-ID: ${headerOf(message, "Call-ID")}`,
      `CSeq: ${headerOf(message, "CSeq")}`,
      `Contact: <${contact}>`,
      ...(body === "" ? [] : ["Content-Type: application/sdp"]),
      `Content-Length: ${body.length}`,
      "",
      body,
    ]);
  }

  #send(lines: readonly string[]): void {
    this.#socket.send(Buffer.from(lines.join("\r\n"), "latin1"), this.#asterisk, "127.0.0.1");
  }
}

function end(call: SipCall): void {
  call.isOver = true;
  call.overAt ??= performance.now();
}

/** One character for each byte. */
function toBytes(text: string | Buffer): string {
  return Buffer.from(text).toString("latin1");
}

function headerOf(message: string, name: string): string {
  const line = message.split("\r\n").find((text) => text.startsWith(`${name}:`));
  return line?.slice(name.length + 1).trim() ?? "";
}
