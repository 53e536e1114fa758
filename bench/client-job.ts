import type { MeasureOptions } from "./measure.ts";

/** A request as it is sent over and over. */
export interface Asked {
  readonly url: string;
  readonly body?: string;
  /** Each time about a window of REST that lies a little earlier: no answer is one that was given before. */
  readonly isAnew?: boolean;
}

/** What a client process is told to do, and what it tells back. */
export interface Jobs {
  /** Times requests in turn; the median of each, to the last byte. */
  time: { readonly job: { readonly requests: readonly Asked[] } & MeasureOptions; readonly result: readonly number[] };
  /** One answer, read and thrown away. */
  drain: { readonly job: Asked; readonly result: { readonly ms: number; readonly bytes: number } };
  /** Asks again and again, until `isOver` is told; how long each answer took, ms. */
  poll: { readonly job: Asked & { readonly everyMs: number }; readonly result: readonly number[] };
  /** Requests a second over so many connections. */
  load: { readonly job: Asked & { readonly connections: number } & LoadEnd; readonly result: number };
  /** Writes the batches that the jobs after it send. */
  prepare: { readonly job: Batches; readonly result: null };
  /** Posts what was prepared, as lines. */
  post: { readonly job: Flow & { readonly url: string }; readonly result: Flowed };
  /** Publishes it, as JSON lists. */
  publish: { readonly job: Flow & { readonly servers: readonly string[]; readonly subject: string }; readonly result: Flowed };
  /** Holds subscriptions and posts events; how long each took until each subscriber that it concerns had seen it, ms. */
  push: { readonly job: PushJob; readonly result: PushResult };
}

/** After so many seconds, or requests. */
type LoadEnd = { readonly duration: number } | { readonly amount: number };

/** Events in the order of time. */
export interface Batches {
  /** Sets its conversations apart from those of others. */
  readonly prefix: string;
  readonly segmentCount: number;
  readonly batchEvents: number;
  /** The share of events that come late, each by thousands of others. */
  readonly lateShare: number;
}

/** Batch after batch, as many as that under way all the while. Timed is a stretch in the middle: nothing begins or ends in it. */
export interface Flow {
  readonly inFlight: number;
  readonly warmUpMs: number;
  /** Until there are no more batches, if left out or too long. */
  readonly stretchMs?: number;
}

export interface Flowed {
  /** That were acknowledged in the stretch. */
  readonly eventsPerSecond: number;
  /** How long a batch took until it was acknowledged, the median. */
  readonly batchMs: number;
}

export interface PushJob {
  /** Of the WebSocket. */
  readonly url: string;
  readonly eventsUrl: string;
  /** A subscription of `$skillId` that counts segments first. */
  readonly query: string;
  /** As many topics. */
  readonly skillIds: readonly string[];
  readonly subscribers: number;
  readonly agentId: string;
  readonly prefix: string;
  /** Segments end just before. */
  readonly endMs: number;
  readonly eventsASecond: number;
  readonly durationMs: number;
}

export interface PushResult {
  /** Whether every subscriber has seen everything in the end. */
  readonly isWhole: boolean;
  /** Segments, times those who saw them. */
  readonly newsCount: number;
  readonly eventsASecond: number;
  readonly p50: number;
  readonly p99: number;
}

export type JobName = keyof Jobs;
