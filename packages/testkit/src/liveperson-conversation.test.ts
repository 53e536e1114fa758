import { END_REASONS, START_REASONS } from "@segmeter/engine";
import { referenceSegments } from "@segmeter/reference";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { livePersonConversationArbitrary } from "./liveperson-conversation.ts";

test("the conversations of both feeds start and end segments in every way there is", () => {
  const segments = fc.sample(livePersonConversationArbitrary(), { numRuns: 300, seed: 1 }).flatMap(({ truth }) => referenceSegments(truth));
  expect(new Set(segments.map(({ startReason }) => startReason))).toEqual(new Set(START_REASONS));
  expect(new Set(segments.map(({ endReason }) => endReason))).toEqual(new Set(END_REASONS));
});
