import { objectIn, textIn, type JsonObject } from "./value.ts";

/** Words of the feeds for channels that the API calls otherwise. */
const SOURCES: Readonly<Record<string, string>> = {
  SHARK: "WEB",
  SHARKCONTEXT: "WEB",
  MOBILEAPPCONTEXT: "APP",
  WEB_SDK: "WEB",
  MOBILE_SDK: "APP",
};

/** The history names the channel itself; its `SHARK` is the web. */
export function sourceOfHistory(info: JsonObject): string | null {
  return toSource(textIn(info, "source"));
}

/**
 * A notification tells by which client it was begun. A connector's context is a `CustomContext` with the connector's name.
 *
 *     { "type": "CustomContext", "name": "WhatsApp Business", "clientProperties": { "appId": "whatsapp", … } }
 */
export function sourceOfContext(context: JsonObject): string | null {
  const name = textIn(context, "name");
  const integration = textIn(objectIn(context, "clientProperties"), "integration");
  const known = [textIn(context, "type"), integration].find((word) => word !== null && Object.hasOwn(SOURCES, word.toUpperCase()));
  return toSource(known ?? name);
}

function toSource(word: string | null): string | null {
  if (word === null) return null;
  const source = word.toUpperCase();
  return Object.hasOwn(SOURCES, source) ? SOURCES[source]! : source;
}
