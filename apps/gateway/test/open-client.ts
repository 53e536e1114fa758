import { onTestFinished } from "vitest";
import type { ConnectOptions, PushClient, PushDoor } from "./push-clients.ts";
import type { TestGateway } from "./test-gateway.ts";

/** A client that is closed when its test is over, however it ends. */
export function openClient(connect: PushDoor["connect"], gateway: Pick<TestGateway, "url">, options?: ConnectOptions): PushClient {
  const client = connect(gateway, options);
  onTestFinished(() => client.close());
  return client;
}
