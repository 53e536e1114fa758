import * as fc from "fast-check";
import { expect, test } from "vitest";
import { decode, toMessages } from "../src/jetstream/message.ts";
import { anyEvent } from "./arbitrary-events.ts";

test("A message is read as the JSON of its events would be", () => {
  fc.assert(
    fc.property(fc.array(anyEvent, { minLength: 1 }), (events) => {
      const [message] = toMessages([{ accountId: "x", events }], 1024 * 1024);
      const [read, expected] = [message!.payload, Buffer.from(JSON.stringify(events))].map(decode);
      expect(read!.events).toEqual(expected!.events);
      expect(read!.faults).toHaveLength(expected!.faults.length);
    }),
  );
});

test("A message has nothing that is as if it were absent", () => {
  const [message] = toMessages(
    [
      {
        accountId: "x",
        events: [
          { eventId: "7", conversationId: "c1", at: 1763801515118, sequence: 0, type: "MESSAGE_SENT", sentBy: "CONSUMER", agentId: null },
        ],
      },
    ],
    1024,
  );
  expect(Buffer.from(message!.payload).toString()).toBe(
    '[{"eventId":"7","conversationId":"c1","at":1763801515118,"type":"MESSAGE_SENT","sentBy":"CONSUMER"}]',
  );
});
