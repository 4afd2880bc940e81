// Loaded into a function's process before the deployed code: redirects fcm.googleapis.com to the port `FCM_AT` and shifts
// the clock by `CLOCK_OFF_MS`.
import tls from "node:tls";

const fcmPort = Number(process.env["FCM_AT"]);
const offMs = Number(process.env["CLOCK_OFF_MS"] ?? 0);

const { connect } = tls;
tls.connect = ((options: tls.ConnectionOptions, ...rest: []) =>
  connect(
    options.host === "fcm.googleapis.com" ? { ...options, host: "127.0.0.1", port: fcmPort } : options,
    ...rest,
  )) as typeof tls.connect;

if (offMs !== 0) {
  const RealDate = Date;
  const now = () => RealDate.now() + offMs;
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, given, newTarget) => Reflect.construct(target, given.length === 0 ? [now()] : given, newTarget),
    apply: () => new RealDate(now()).toString(),
    get: (target, property) => (property === "now" ? now : Reflect.get(target, property)),
  });
}
