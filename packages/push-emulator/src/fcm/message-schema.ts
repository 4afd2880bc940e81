/**
 * The fields of FCM's SendMessageRequest and their types.
 * https://firebase.google.com/docs/reference/fcm/rest/v1/projects.messages
 */

/** The type of a field, named as in the REST reference. */
export type FieldType =
  | { readonly kind: "string" | "bool" | "int32" | "number" | "duration" | "timestamp" | "stringMap" | "struct" }
  | {
      readonly kind: "enum";
      readonly name: string;
      /** In the order of their numbers, from 0. */ readonly values: ReadonlySet<string>;
    }
  | { readonly kind: "list"; readonly of: FieldType }
  | { readonly kind: "message"; readonly name: string; readonly fields: ReadonlyMap<string, Field> };

/** A field under its snake_case name. */
export interface Field {
  readonly name: string;
  readonly type: FieldType;
}

const FCM = "type.googleapis.com/google.firebase.fcm.v1.";

const string: FieldType = { kind: "string" };
const bool: FieldType = { kind: "bool" };
const number: FieldType = { kind: "number" };
const duration: FieldType = { kind: "duration" };
const stringMap: FieldType = { kind: "stringMap" };
const struct: FieldType = { kind: "struct" };
const strings: FieldType = { kind: "list", of: string };

function enumeration(name: string, ...values: string[]): FieldType {
  return { kind: "enum", name: FCM + name, values: new Set(values) };
}

/** Google's JSON parser accepts a field by its snake_case and its camelCase name. */
function message(name: string, fields: Readonly<Record<string, FieldType>>): FieldType {
  const bySpelling = new Map<string, Field>();
  for (const [snake, type] of Object.entries(fields)) {
    const camel = snake.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
    bySpelling.set(snake, { name: snake, type }).set(camel, { name: snake, type });
  }
  return { kind: "message", name: name.includes("/") ? name : FCM + name, fields: bySpelling };
}

const androidFcmOptions = message("AndroidFcmOptions", { analytics_label: string });

const lightSettings = message("LightSettings", {
  color: message("type.googleapis.com/google.type.Color", { red: number, green: number, blue: number, alpha: number }),
  light_on_duration: duration,
  light_off_duration: duration,
});

const androidNotification = message("AndroidNotification", {
  title: string,
  body: string,
  icon: string,
  color: string,
  sound: string,
  tag: string,
  click_action: string,
  body_loc_key: string,
  body_loc_args: strings,
  title_loc_key: string,
  title_loc_args: strings,
  channel_id: string,
  ticker: string,
  sticky: bool,
  event_time: { kind: "timestamp" },
  local_only: bool,
  notification_priority: enumeration(
    "AndroidNotification.NotificationPriority",
    "PRIORITY_UNSPECIFIED",
    "PRIORITY_MIN",
    "PRIORITY_LOW",
    "PRIORITY_DEFAULT",
    "PRIORITY_HIGH",
    "PRIORITY_MAX",
  ),
  default_sound: bool,
  default_vibrate_timings: bool,
  default_light_settings: bool,
  vibrate_timings: { kind: "list", of: duration },
  visibility: enumeration("AndroidNotification.Visibility", "VISIBILITY_UNSPECIFIED", "PRIVATE", "PUBLIC", "SECRET"),
  notification_count: { kind: "int32" },
  light_settings: lightSettings,
  image: string,
  bypass_proxy_notification: bool,
  proxy: enumeration("AndroidNotification.Proxy", "PROXY_UNSPECIFIED", "ALLOW", "DENY", "IF_PRIORITY_LOWERED"),
});

const androidDelivery = {
  collapse_key: string,
  ttl: duration,
  restricted_package_name: string,
  data: stringMap,
  fcm_options: androidFcmOptions,
  direct_boot_ok: bool,
  bandwidth_constrained_ok: bool,
  restricted_satellite_ok: bool,
};

/** The body of messages:send. */
export const SEND_REQUEST: FieldType = message("SendMessageRequest", {
  validate_only: bool,
  message: message("Message", {
    name: string,
    data: stringMap,
    notification: message("Notification", { title: string, body: string, image: string }),
    android: message("AndroidConfig", {
      ...androidDelivery,
      priority: enumeration("AndroidMessagePriority", "NORMAL", "HIGH"),
      notification: androidNotification,
    }),
    android_v2: message("AndroidConfigV2", {
      ...androidDelivery,
      remote_notification: message("AndroidRemoteNotification", {
        // In preview, and its fields may change: they are not checked.
        notification: struct,
        mutable_content: bool,
        use_as_v1_data_message: bool,
      }),
      background_sync: message("AndroidBackgroundSyncMessage", {}),
    }),
    webpush: message("WebpushConfig", {
      headers: stringMap,
      data: stringMap,
      notification: struct,
      fcm_options: message("WebpushFcmOptions", { link: string, analytics_label: string }),
    }),
    apns: message("ApnsConfig", {
      headers: stringMap,
      payload: struct,
      fcm_options: message("ApnsFcmOptions", { analytics_label: string, image: string }),
      live_activity_token: string,
    }),
    fcm_options: message("FcmOptions", { analytics_label: string }),
    token: string,
    fid: string,
    topic: string,
    condition: string,
  }),
});
