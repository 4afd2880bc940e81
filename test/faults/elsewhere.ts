// Loaded into a function's process before its own code, which stays as it is deployed: Google's FCM is at `FCM_AT`, and the
// machine's clock is `CLOCK_OFF_MS` off.
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
