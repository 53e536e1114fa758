export { GOLDEN_CASES } from "./golden.ts";
export { GOLDEN_INTERVAL_MS, GOLDEN_WINDOW, type GoldenCase } from "./golden-table.ts";
export { eventLogArbitrary, ID_POOLS, LOG_RANGE, type LogOptions } from "./log-arbitrary.ts";
export { queryArbitrary, type QueryOptions } from "./query-arbitrary.ts";
export { EngineFeed } from "./engine-feed.ts";
export { createTraffic, type Traffic, type TrafficOptions } from "./traffic.ts";
export { createRandom, type Random } from "./random.ts";
export { LIVEPERSON_AGENTS } from "./liveperson-agents.ts";
export {
  deliveryArbitrary,
  historySkewArbitrary,
  livePersonConversationArbitrary,
  type LivePersonConversation,
} from "./liveperson-conversation.ts";
export { requestGrammars, type RawRequest, type RequestGrammars } from "./request-arbitrary.ts";
