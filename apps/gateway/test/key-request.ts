import type { KeyRequest } from "../src/access/key-file.ts";

/** What is asked for a key that sees all of every account for ever, but for what is said otherwise. */
export function keyRequest(differing: Partial<KeyRequest>): KeyRequest {
  return {
    name: "x",
    scopes: ["read"],
    accounts: null,
    agentIds: null,
    groupIds: null,
    skillIds: null,
    expiresAt: null,
    ...differing,
  };
}
