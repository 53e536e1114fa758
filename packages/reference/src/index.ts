export { referenceAnswer, referenceSegments, type ReferenceCell } from "./reference.ts";
