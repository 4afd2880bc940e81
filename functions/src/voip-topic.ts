/** A topic of VoIP pushes: an app's bundle id and `.voip`. APNs knows no other form. */
export const voipTopic = /^[A-Za-z0-9.-]{1,150}\.voip$/;
