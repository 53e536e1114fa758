import type { Engine } from "@segmeter/engine";
import type { Readiness } from "../http/health.ts";
import type { Stream } from "../http/position.ts";
import type { Intake } from "../intake.ts";
import type { Reading } from "./instruments.ts";

/** What the gateway's parts count anyway. */
export function readingsOf(engine: Engine, intake: Intake, readiness: Readiness): Reading[] {
  return [
    {
      name: "ready",
      help: "1 once the log has been read, until the gateway stops.",
      type: "gauge",
      read: () => Number(readiness.state === "ready"),
    },
    { name: "log_read_ratio", help: "How far the log has been read at the start.", type: "gauge", read: () => readiness.progress },
    {
      name: "late_events_total",
      help: "Accepted events that belong before what was folded already.",
      type: "counter",
      read: () => engine.lateEventCount,
    },
    { name: "open_conversations", help: "Conversations that are not closed.", type: "gauge", read: () => engine.openConversationCount },
    { name: "waiting_events", help: "Events that wait to be stored.", type: "gauge", read: () => intake.depth.waitingEventCount },
    {
      name: "log_lag_events",
      help: "Events on disk that no answer knows yet.",
      type: "gauge",
      read: () => intake.depth.unfoldedEventCount,
    },
    {
      name: "log_lag_seconds",
      help: "How long the oldest of them has been on disk.",
      type: "gauge",
      read: () => {
        const { unfoldedSinceMs } = intake.depth;
        return unfoldedSinceMs === null ? 0 : (performance.now() - unfoldedSinceMs) / 1000;
      },
    },
  ];
}

/** How a node of a cluster stands to the stream. */
export function readingsOfStream(stream: Stream): Reading[] {
  return [
    {
      name: "stream_connected",
      help: "1 while a server of the stream answers.",
      type: "gauge",
      read: () => Number(stream.state.isConnected),
    },
    {
      name: "stream_age_seconds",
      help: "All that the stream had acknowledged so long ago is in the node's log.",
      type: "gauge",
      read: () => stream.state.ageMs / 1000,
    },
    {
      name: "stream_lag_messages",
      help: "Messages of the stream that are not in the node's log.",
      type: "gauge",
      read: () => Math.max(0, stream.state.streamPosition - stream.position),
    },
  ];
}
