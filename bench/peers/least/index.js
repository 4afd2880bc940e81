// A minimal call with firebase-functions and Firestore's client: no checks, no error handling, one push. Its cold start is the
// lower bound for every function that uses the two.
import { once } from "node:events";
import { connect } from "node:http2";
import { initializeApp } from "firebase-admin/app";
import { getFirestore } from "firebase-admin/firestore";
import { onRequest } from "firebase-functions/v2/https";

const db = getFirestore(initializeApp());
const { GCE_METADATA_HOST: metadata, GCLOUD_PROJECT: project } = process.env;

async function fetchToken() {
  const url = `http://${metadata}/computeMetadata/v1/instance/service-accounts/default/token`;
  const answer = await fetch(url, { headers: { "metadata-flavor": "Google" } });
  return (await answer.json()).access_token;
}

async function push(token, message) {
  const stream = connect("https://fcm.googleapis.com").request({
    ":method": "POST",
    ":path": `/v1/projects/${project}/messages:send`,
    authorization: `Bearer ${token}`,
    "content-type": "application/json",
  });
  stream.end(JSON.stringify({ message }));
  await once(stream.resume(), "end");
}

export const pbx = onRequest({ region: "asia-northeast3" }, async ({ body }, response) => {
  const ref = db.collection("calls").doc(`bench~${body.call_id}`);
  const token = fetchToken();
  const [found] = await Promise.all([
    db.collection("devices").where("extens", "array-contains", body.exten).get(),
    ref.create({ ...body, createdAt: new Date() }),
  ]);
  await push(await token, { token: found.docs[0].get("registration").value, data: { type: "incoming_call" } });
  await ref.update({ status: "notified" });
  response.json({ accepted: found.size });
});
