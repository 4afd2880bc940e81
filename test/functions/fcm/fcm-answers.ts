/** FCM's error body, in the form of real ones. */
export function errorBody(code: number, status: string, details: readonly unknown[] = [], message = "Sorry."): string {
  return JSON.stringify({ error: { code, message, status, ...(details.length > 0 && { details }) } });
}

/** The detail with FCM's own code. */
export function fcmError(errorCode: string) {
  return { "@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", errorCode };
}

/** The detail with the field that FCM refuses. */
export function badRequest(field: string) {
  const description = "The registration token is not a valid FCM registration token";
  return { "@type": "type.googleapis.com/google.rpc.BadRequest", fieldViolations: [{ field, description }] };
}
