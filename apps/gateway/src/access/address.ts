import type { IncomingMessage } from "node:http";
import proxyAddr from "@fastify/proxy-addr";
import ipaddr from "ipaddr.js";

/** Tells whose a request is, as Fastify does for its own: what stands in front is asked only if it is trusted. */
export type AddressOf = (request: IncomingMessage) => string;

export function createAddressOf(trustedProxies: readonly string[]): AddressOf {
  const isTrusted = proxyAddr.compile([...trustedProxies]);
  return (request) => proxyAddr(request, isTrusted);
}

const IPV6_NETWORK_BYTES = 8;

/** What one party has of addresses: one of IPv4, 64 bits of IPv6. */
export function networkOf(address: string): string {
  if (!ipaddr.isValid(address)) return address;
  const parsed = ipaddr.process(address);
  return parsed.kind() === "ipv4" ? parsed.toString() : parsed.toByteArray().slice(0, IPV6_NETWORK_BYTES).join(":");
}
