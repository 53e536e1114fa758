import { workerData } from "node:worker_threads";
import { help, type Seat } from "@segmeter/engine/helper";

// The entry of a thread that helps the engine.

help(workerData as Seat);
