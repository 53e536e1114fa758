import type { Access } from "../src/access/access.ts";
import { Refusal } from "../src/access/refusal.ts";

/** What HTTP would answer whoever comes with a credential. */
export async function statusOf(access: Access, credential: string | null): Promise<number> {
  try {
    await access.identify(credential);
    return 200;
  } catch (error) {
    if (error instanceof Refusal) return error.statusCode;
    throw error;
  }
}
