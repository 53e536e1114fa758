export { cellsOf } from "./cells.ts";
export { referenceAnswer, referenceSegments, type ReferenceCell } from "./reference.ts";
