export { ConfigError, readConfig, type Config } from "./config.ts";
export { startGateway, type Gateway, type GatewayOptions } from "./gateway.ts";
