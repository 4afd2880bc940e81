import { randomUUID } from "node:crypto";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { until } from "../../support/until.ts";

/** One call between a phone and Asterisk. */
export interface SipCall {
  readonly callId: string;
  readonly localTag: string;
  remoteTag: string;
  /** The status of the last answer to an INVITE of this phone. */
  status: number;
  isOver: boolean;
  /** Asterisk's requests in it: INVITEs with their headers. */
  readonly invite: string;
  target: string;
  cseq: number;
}

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
 * A SIP phone without ears: it calls, answers, transfers and hangs up over UDP on 127.0.0.1, and sends no sound.
 * https://www.rfc-editor.org/rfc/rfc3261, https://www.rfc-editor.org/rfc/rfc3515 (REFER), https://www.rfc-editor.org/rfc/rfc3891 (Replaces)
 */
export class SipPhone {
  readonly name: string;
  /** Whether it answers incoming calls, or lets them ring. */
  answers = true;
  /** All of its calls. */
  readonly calls: SipCall[] = [];
  readonly #socket: Socket;
  #asterisk = 0;

  private constructor(name: string, socket: Socket) {
    this.name = name;
    this.#socket = socket;
    socket.on("message", (message) => this.#receive(message.toString()));
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
  register(port: number): void {
    this.#asterisk = port;
  }

  /** Calls an extension; resolves when that rings or answers. */
  async call(exten: string): Promise<SipCall> {
    const target = `sip:${exten}@127.0.0.1:${this.#asterisk}`;
    const call = this.#add({ target, callId: randomUUID(), remoteTag: "", invite: "" });
    this.#request(call, "INVITE", ["Content-Type: application/sdp"], sdp);
    await until(() => call.status >= 180);
    return call;
  }

  /** Waits for the n-th call of this phone. */
  async called(n = 1): Promise<SipCall> {
    await until(() => this.calls.length >= n);
    return this.calls[n - 1]!;
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

  /** Hangs up, or cancels. */
  hangUp(call: SipCall): void {
    if (call.isOver) return;
    this.#request(call, call.status >= 200 ? "BYE" : "CANCEL");
    call.isOver = true;
  }

  close(): void {
    this.#socket.close();
  }

  #add(call: Pick<SipCall, "target" | "callId" | "remoteTag" | "invite">): SipCall {
    const added = { ...call, localTag: randomUUID(), status: 0, isOver: false, cseq: 1 };
    this.calls.push(added);
    return added;
  }

  #request(call: SipCall, method: string, headers: readonly string[] = [], body = ""): void {
    // A CANCEL and the ACK of a refusal belong to the INVITE's transaction.
    const cseq = method === "CANCEL" || method === "ACK" ? 1 : (call.cseq += 1) - 1;
    const isOfInvite = method === "CANCEL" || (method === "ACK" && call.status >= 300);
    const branch = `z9hG4bK${call.callId}${isOfInvite ? "1INVITE" : `${cseq}${method}`}`;
    const to = call.remoteTag === "" || method === "CANCEL" ? "" : `;tag=${call.remoteTag}`;
    this.#send([
      `${method} ${call.target.replaceAll(/[<>]/g, "")} SIP/2.0`,
      `Via: SIP/2.0/UDP 127.0.0.1:${this.#socket.address().port};branch=${branch};rport`,
      `From: <sip:${this.name}@127.0.0.1>;tag=${call.localTag}`,
      `To: <sip:other@127.0.0.1>${to}`,
      `Call-ID: ${call.callId}`,
      `CSeq: ${cseq} ${method}`,
      `Contact: <${this.uri}>`,
      "Max-Forwards: 70",
      ...headers,
      `Content-Length: ${body.length}`,
      "",
      body,
    ]);
  }

  #receive(message: string): void {
    const call = this.calls.find(({ callId }) => callId === headerOf(message, "Call-ID"));
    if (message.startsWith("SIP/2.0 ")) return call && this.#receiveResponse(call, message);
    const method = message.split(" ", 1)[0]!;
    if (method === "INVITE" && call === undefined) return this.#receiveCall(message);
    if (method === "BYE" || method === "CANCEL") call!.isOver = true;
    if (method !== "ACK") this.#respond(message, "200 OK", call);
    if (method === "CANCEL") this.#respond(call!.invite, "487 Request Terminated", call);
  }

  #receiveResponse(call: SipCall, message: string): void {
    const status = Number(message.slice(8, 11));
    if (!headerOf(message, "CSeq").endsWith("INVITE")) return;
    call.status = status;
    call.remoteTag = /;tag=([^;\s]+)/.exec(headerOf(message, "To"))?.[1] ?? "";
    call.target = /<([^>]+)>/.exec(headerOf(message, "Contact"))?.[1] ?? call.target;
    if (status >= 300) call.isOver = true;
    if (status >= 200) this.#request(call, "ACK");
  }

  #receiveCall(message: string): void {
    const target = /<([^>]+)>/.exec(headerOf(message, "Contact"))![1]!;
    const remoteTag = /;tag=([^;\s]+)/.exec(headerOf(message, "From"))![1]!;
    const call = this.#add({ target, remoteTag, callId: headerOf(message, "Call-ID"), invite: message });
    this.#respond(message, "180 Ringing", call);
    if (this.answers) this.answer(call);
  }

  /** Answers a ringing call. */
  answer(call: SipCall): void {
    call.status = 200;
    this.#respond(call.invite, "200 OK", call, sdp);
  }

  /** Declines a ringing call. */
  decline(call: SipCall): void {
    call.isOver = true;
    this.#respond(call.invite, "486 Busy Here", call);
  }

  #respond(message: string, status: string, call: SipCall | undefined, body = ""): void {
    const to = headerOf(message, "To");
    this.#send([
      `SIP/2.0 ${status}`,
      ...message.split("\r\n").filter((line) => line.startsWith("Via:")),
      `From: ${headerOf(message, "From")}`,
      `To: ${to}${to.includes(";tag=") ? "" : `;tag=${call?.localTag}`}`,
      `Call-ID: ${headerOf(message, "Call-ID")}`,
      `CSeq: ${headerOf(message, "CSeq")}`,
      `Contact: <${this.uri}>`,
      ...(body === "" ? [] : ["Content-Type: application/sdp"]),
      `Content-Length: ${body.length}`,
      "",
      body,
    ]);
  }

  #send(lines: readonly string[]): void {
    this.#socket.send(lines.join("\r\n"), this.#asterisk, "127.0.0.1");
  }
}

function headerOf(message: string, name: string): string {
  const line = message.split("\r\n").find((text) => text.startsWith(`${name}:`));
  return line?.slice(name.length + 1).trim() ?? "";
}
