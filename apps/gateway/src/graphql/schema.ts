import { makeExecutableSchema } from "@graphql-tools/schema";
import { GraphQLScalarType, type GraphQLSchema } from "graphql";
import { DateTimeISOResolver, SafeIntResolver } from "graphql-scalars";
import { typeDefs } from "./generated/type-defs.ts";
import { Account } from "./types/account.ts";
import { Agent } from "./types/agent.ts";
import { AgentSegments } from "./types/agent-segments.ts";
import { Interval } from "./types/interval.ts";
import { MetricDefinition } from "./types/metric-definition.ts";
import { Query } from "./types/query.ts";
import { Skill } from "./types/skill.ts";
import { Subscription } from "./types/subscription.ts";

const DateTime = renamed("DateTime", DateTimeISOResolver);
const Long = renamed("Long", SafeIntResolver);

/** The published schema with its resolvers; `MetricSet` and `FilterValues` need none, their fields are the values themselves. */
export function createSchema(): GraphQLSchema {
  return makeExecutableSchema({
    typeDefs,
    resolvers: { DateTime, Long, Query, Subscription, Account, AgentSegments, Agent, Skill, Interval, MetricDefinition },
  });
}

/** A library's scalar under the name that the schema gives it, with the schema's own description. */
function renamed(name: string, scalar: GraphQLScalarType): GraphQLScalarType {
  const { serialize, parseValue, parseLiteral } = scalar.toConfig();
  return new GraphQLScalarType({ name, serialize, parseValue, parseLiteral });
}
