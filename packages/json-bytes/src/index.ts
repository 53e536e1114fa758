export { JsonBytes } from "./json-bytes.ts";
export { toLabel, type Label } from "./label.ts";
