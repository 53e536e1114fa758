import { expect } from "vitest";
import { comeAgain } from "./patience.ts";

const MINUTE_MS = 60_000;

/** What is asked of every node: windows that do not move with the clock. */
export function questionsAbout(accountId: string, endMs: number): string[] {
  const toMillis = Math.ceil(endMs / MINUTE_MS) * MINUTE_MS;
  const window = `v=2&fromMillis=${toMillis - 24 * 60 * MINUTE_MS}&toMillis=${toMillis}`;
  const path = `/operations/api/account/${accountId}/msgagentsegments?${window}`;
  return [path, `${path}&skillIds=all`, `${path}&interval=60&skillIds=all`, `${path}&groupIds=all&userType=human&agentIds=1,2,3`];
}

export interface Answered {
  readonly status: number;
  readonly position: number;
  readonly text: string;
}

/** @param position that the answer has to know */
export async function ask(url: string, path: string, position = 0): Promise<Answered> {
  const response = await fetch(url + path, { headers: { "segmeter-position": String(position) } });
  return { status: response.status, position: Number(response.headers.get("segmeter-position")), text: await response.text() };
}

/**
 * Nodes at rest: they answer the same, byte for byte, from one position on. One that has lost the server it read from may first
 * have to find another.
 */
export async function expectEqualAnswers(urls: readonly string[], paths: readonly string[], position: number): Promise<void> {
  for (const path of paths) {
    const answers = await Promise.all(urls.map((url) => comeAgain(() => ask(url, path, position))));
    for (const { status, text } of answers) expect(status, `${path}: ${text}`).toBe(200);
    expect(new Set(answers.map((answer) => answer.position)).size, path).toBe(1);
    for (const { text } of answers) expect(text, path).toBe(answers[0]!.text);
  }
}
