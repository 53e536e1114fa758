// node health.mjs [/healthz|/readyz] [seconds]
//
// Asks the gateway of this machine, as its own environment says where it listens, until it answers well or the time (5 s) is up.
// The exit status tells. It needs nothing but Node, so that an image needs no other program for it.

import { get as getHttp } from "node:http";
import { get as getHttps } from "node:https";
import { setTimeout as delay } from "node:timers/promises";

const RETRY_MS = 500;
const ANSWER_MS_MAX = 4_000;

const [path = "/healthz", seconds = "5"] = process.argv.slice(2);
const { HOST = "", PORT = "", TLS_CERT = "" } = process.env;
const isAny = HOST === "0.0.0.0" || HOST === "::";
const hostname = HOST === "" || isAny ? "127.0.0.1" : HOST;
const get = TLS_CERT === "" ? getHttp : getHttps;

const endMs = Date.now() + Number(seconds) * 1000;
let fault = await ask();
while (fault !== null && Date.now() + RETRY_MS < endMs) {
  await delay(RETRY_MS);
  fault = await ask();
}
if (fault !== null) {
  process.stderr.write(`${path}: ${fault}\n`);
  process.exitCode = 1;
}

/** @returns {Promise<string | null>} what is wrong */
function ask() {
  return new Promise((resolve) => {
    // It asks itself: whose name the certificate has does not matter.
    const options = { hostname, port: PORT || "4000", path, timeout: ANSWER_MS_MAX, rejectUnauthorized: false, agent: false };
    const request = get(options, (response) => {
      response.resume();
      resolve(response.statusCode === 200 ? null : `status ${response.statusCode}`);
    });
    request.on("timeout", () => request.destroy(new Error("no answer in time")));
    request.on("error", (error) => resolve(error.message));
  });
}
