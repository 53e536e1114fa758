import { expect } from "vitest";

const MINUTE_MS = 60_000;

/** What is asked of every node: windows that do not move with the clock. */
export function questionsAbout(accountId: string, endMs: number): string[] {
  const toMillis = Math.ceil(endMs / MINUTE_MS) * MINUTE_MS;
  const window = `v=2&fromMillis=${toMillis - 24 * 60 * MINUTE_MS}&toMillis=${toMillis}`;
  const path = `/operations/api/account/${accountId}/msgagentsegments?${window}`;
  return [path, `${path}&skillIds=all`, `${path}&interval=60&skillIds=all`, `${path}&groupIds=all&userType=human&agentIds=1,2,3`];
}

export interface Answered {
  readonly position: number;
  readonly text: string;
}

/** @param position that the answer has to know */
export async function ask(url: string, path: string, position = 0): Promise<Answered> {
  const response = await fetch(url + path, { headers: { "segmeter-position": String(position) } });
  const text = await response.text();
  if (response.status !== 200) throw new Error(`${path} was answered ${response.status}: ${text}`);
  return { position: Number(response.headers.get("segmeter-position")), text };
}

/** Nodes at rest: they answer the same, byte for byte, from one position on. */
export async function expectEqualAnswers(urls: readonly string[], paths: readonly string[], position: number): Promise<void> {
  for (const path of paths) {
    const answers = await Promise.all(urls.map((url) => ask(url, path, position)));
    expect(new Set(answers.map((answer) => answer.position)).size, path).toBe(1);
    for (const { text } of answers) expect(text, path).toBe(answers[0]!.text);
  }
}
