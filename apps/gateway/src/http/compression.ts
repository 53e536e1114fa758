import { constants } from "node:zlib";
import compress from "@fastify/compress";
import type { FastifyInstance } from "fastify";

/** Below, packing costs more time than the network saves. */
const ANSWER_BYTES_MIN = 32 * 1024;

/** Packs large answers for those who take them packed, in threads of its own. Quick rather than small: answers live for seconds. */
export async function addCompression(app: FastifyInstance): Promise<void> {
  await app.register(compress, {
    encodings: ["br", "gzip"],
    threshold: ANSWER_BYTES_MIN,
    // On this thread, nothing is packed.
    syncThreshold: 0,
    // A packed body of a request may hold a thousand times what was sent.
    globalDecompression: false,
    zlibOptions: { level: 4 },
    brotliOptions: { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } },
  });
}
