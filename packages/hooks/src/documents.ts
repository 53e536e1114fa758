import type { TypedDocumentNode } from "@graphql-typed-document-node/core";
import { parse } from "graphql";
import type { TypedDocumentString } from "./runtime/document.ts";

const NODES = new WeakMap<object, unknown>();

/** An operation as a parsed document, as Apollo Client, urql and others take it; the same object each time. */
export function toDocumentNode<TResult, TVariables>(
  document: TypedDocumentString<TResult, TVariables>,
): TypedDocumentNode<TResult, TVariables> {
  const node = (NODES.get(document) ?? parse(document.toString())) as TypedDocumentNode<TResult, TVariables>;
  NODES.set(document, node);
  return node;
}
