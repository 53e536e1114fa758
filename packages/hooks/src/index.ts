export * from "./runtime/index.ts";
export * from "./generated/operations.ts";
