"""A typical self-made push server: FastAPI, one shared requests.Session, FCM HTTP v1.

It does what POST /send of pbx-push does, and no more: check the key, check the body, build the message, ask FCM, answer. The
handlers are async, as is common: requests blocks the loop, which costs no CPU time; threads would cost some.
"""

import hmac
import os
from datetime import datetime, timezone
from typing import Dict, Optional

import requests
import uvicorn
from fastapi import FastAPI, Header, HTTPException
from pydantic import BaseModel, Field

URL = f"{os.environ['FCM_URL']}/v1/projects/{os.environ['PROJECT']}/messages:send"
KEY = os.environ["KEY"]

app = FastAPI()
session = requests.Session()
# As google-auth's AuthorizedSession sets it; the token is fetched once an hour.
session.headers["Authorization"] = "Bearer owner"


class Push(BaseModel):
    fcm_token: str = Field(min_length=1, max_length=4096)
    title: str = Field(min_length=1, max_length=1024)
    body: str = Field(min_length=1, max_length=4096)
    caller_id: str = Field("", max_length=64)
    caller_name: str = Field("", max_length=255)
    call_type: str = "voice"
    data: Optional[Dict[str, str]] = None


def build(push: Push, timestamp: str) -> dict:
    notification = {"title": push.title, "body": push.body}
    data = {
        "caller_id": push.caller_id,
        "caller_name": push.caller_name,
        "call_type": push.call_type,
        "timestamp": timestamp,
        **(push.data or {}),
    }
    android = {
        "priority": "high",
        "notification": {"sound": "default", "notification_priority": "PRIORITY_MAX", "channel_id": "calls"},
    }
    aps = {
        "alert": notification,
        "sound": "default",
        "badge": 1,
        "category": "CALL_CATEGORY",
        "thread-id": "incoming_call",
    }
    message = {"token": push.fcm_token, "notification": notification, "data": data, "android": android}
    return {"message": {**message, "apns": {"payload": {"aps": aps}}}}


@app.post("/send")
async def send(push: Push, authorization: str = Header("")):
    if not hmac.compare_digest(authorization, f"Bearer {KEY}"):
        raise HTTPException(401)
    timestamp = datetime.now(timezone.utc).isoformat()
    answer = session.post(URL, json=build(push, timestamp), timeout=10)
    if answer.status_code == 404:
        raise HTTPException(404, "invalid_token")
    if answer.status_code != 200:
        raise HTTPException(502, "push_failed")
    return {"success": True, "message_id": answer.json()["name"], "timestamp": timestamp}


@app.get("/health")
async def health():
    return {"status": "healthy"}


# One worker and no access log, as pbx-push has none of its own; the C parts of uvicorn are used where they are installed.
uvicorn.run(app, host="127.0.0.1", port=int(os.environ["PORT"]), log_level="warning", access_log=False)
