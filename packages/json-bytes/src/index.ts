export { JsonBytes } from "./json-bytes.ts";
export { toLabel, toRowLabels, type Label, type RowLabels } from "./label.ts";
export { giveBack } from "./memory.ts";
