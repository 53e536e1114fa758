export { findNatsServer, NATS_MISSING } from "./binary.ts";
export { freePorts } from "./free-ports.ts";
export { NatsServers, type NatsServer, type NatsServersOptions } from "./nats-servers.ts";
