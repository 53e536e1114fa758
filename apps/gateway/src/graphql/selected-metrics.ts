import { isMetricName, type MetricName } from "@segmeter/engine";
import { collectSubFields } from "@graphql-tools/utils";
import { getNamedType, isObjectType, type FieldNode, type GraphQLObjectType, type GraphQLResolveInfo } from "graphql";

/** The metrics that an operation selects under a field: below its `metrics`, or, on a field that gives a `MetricSet`, below itself. */
export function selectedMetrics(info: GraphQLResolveInfo): MetricName[] {
  const type = objectTypeOf(info.returnType);
  const ownFields = fieldsBelow(info, type, info.fieldNodes);
  if (type.name === "MetricSet") return ownFields.map((field) => field.name.value).filter(isMetricName);
  const metricSets = ownFields.filter((field) => field.name.value === "metrics");
  if (metricSets.length === 0) return [];
  return fieldsBelow(info, objectTypeOf(type.getFields()["metrics"]!.type), metricSets)
    .map((field) => field.name.value)
    .filter(isMetricName);
}

function fieldsBelow(info: GraphQLResolveInfo, type: GraphQLObjectType, fieldNodes: readonly FieldNode[]): FieldNode[] {
  const { fields } = collectSubFields(info.schema, info.fragments, info.variableValues, type, [...fieldNodes]);
  return [...fields.values()].flat();
}

function objectTypeOf(type: GraphQLResolveInfo["returnType"]): GraphQLObjectType {
  const named = getNamedType(type);
  if (!isObjectType(named)) throw new Error(`expected an object type, got ${named.name}`);
  return named;
}
