// Loaded into a function's process before the deployed code: redirects the names of FCM and APNs to the ports `FCM_AT` and
// `APNS_AT`, and shifts the clock by `CLOCK_OFF_MS`.
import tls from "node:tls";

const ports = new Map([
  ["fcm.googleapis.com", Number(process.env["FCM_AT"])],
  ["api.push.apple.com", Number(process.env["APNS_AT"])],
  ["api.sandbox.push.apple.com", Number(process.env["APNS_AT"])],
]);
const offMs = Number(process.env["CLOCK_OFF_MS"] ?? 0);

const { connect } = tls;
tls.connect = ((options: tls.ConnectionOptions, ...rest: []) => {
  const port = ports.get(options.host ?? "");
  return connect(port === undefined ? options : { ...options, host: "127.0.0.1", port }, ...rest);
}) as typeof tls.connect;

if (offMs !== 0) {
  const RealDate = Date;
  const now = () => RealDate.now() + offMs;
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, given, newTarget) => Reflect.construct(target, given.length === 0 ? [now()] : given, newTarget),
    apply: () => new RealDate(now()).toString(),
    get: (target, property) => (property === "now" ? now : Reflect.get(target, property)),
  });
}
