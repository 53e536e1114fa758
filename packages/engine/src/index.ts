export * from "./event.ts";
export * from "./segment.ts";
export * from "./id.ts";
export * from "./metrics.ts";
export * from "./query.ts";
