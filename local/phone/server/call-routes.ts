import express, { Router, type Response } from "express";
import type { PlacedCall, SimulatedPbx } from "../../pbx/simulated-pbx.ts";
import type { CallAction, PanelCall } from "../wire.ts";
import { parseCallRequest } from "./parse-call-request.ts";
import { RequestError } from "./request-error.ts";

/** Number of calls sent to the page. */
const shownCalls = 30;

/** Browsers and proxies drop an idle stream after half a minute. */
const keepAliveMs = 15_000;

/** The states of a call in which each action is possible. */
const actionStates: Readonly<Record<CallAction, readonly PlacedCall["state"][]>> = {
  "give-up": ["waking", "ringing"],
  "answer-at-desk": ["waking", "ringing"],
  "hang-up": ["answered"],
};

/** Routes to watch and place the PBX's calls, and for the actions of the caller and the desk phone. */
export function createCallRoutes(pbx: SimulatedPbx): Router {
  const router = Router();
  router.get("/", (_request, response) => streamCalls(pbx, response));
  router.post("/", express.json(), (request, response) => {
    const call: PanelCall = pbx.placeCall(parseCallRequest(request.body));
    response.status(201).json(call);
  });
  const actions: Readonly<Record<CallAction, (linkedId: string) => void>> = {
    "give-up": (linkedId) => pbx.giveUp(linkedId),
    "answer-at-desk": (linkedId) => pbx.answerAtDesk(linkedId),
    "hang-up": (linkedId) => pbx.hangUp(linkedId),
  };
  for (const action of ["give-up", "answer-at-desk", "hang-up"] as const) {
    router.post(`/:linkedId/${action}`, (request, response) => {
      const { linkedId } = request.params;
      requireState(pbx, linkedId, action);
      actions[action](linkedId);
      response.status(204).end();
    });
  }
  return router;
}

function requireState({ calls }: SimulatedPbx, linkedId: string, action: CallAction): void {
  const call = calls.find((one) => one.linkedId === linkedId);
  if (call === undefined) throw new RequestError(404, "unknown_call", "The PBX has no such call");
  if (actionStates[action].includes(call.state)) return;
  throw new RequestError(409, "wrong_state", `The call is ${call.state}: ${action} is not possible in this state`);
}

/** Streams the calls as server-sent events: now and after every change. */
function streamCalls(pbx: SimulatedPbx, response: Response): void {
  response.set({ "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-store" });
  const send = () => {
    const calls: readonly PanelCall[] = pbx.calls.slice(-shownCalls);
    response.write(`data: ${JSON.stringify(calls)}\n\n`);
  };
  const stopHearing = pbx.onChange(send);
  const heartbeat = setInterval(() => response.write(": still here\n\n"), keepAliveMs).unref();
  response.on("close", () => {
    clearInterval(heartbeat);
    stopHearing();
  });
  send();
}
