export { answerQuestion, type Asked } from "./answer.ts";
export { parseParameters, type ParsedParameters, type Question, type RawParameters } from "./parameters.ts";
export { describeAnswer, describeMethod } from "./openapi.ts";
