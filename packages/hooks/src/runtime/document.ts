import type { DocumentTypeDecoration } from "@graphql-typed-document-node/core";

export interface DocumentMeta {
  readonly operationName: string;
  /** Tells operations of one name apart. */
  readonly hash: string;
}

/** An operation's text that knows the types of its result and variables. It is a string to whatever takes one. */
export class TypedDocumentString<TResult, TVariables> extends String implements DocumentTypeDecoration<TResult, TVariables> {
  declare readonly __apiType?: NonNullable<DocumentTypeDecoration<TResult, TVariables>["__apiType"]>;
  readonly meta: DocumentMeta;

  constructor(text: string, meta: DocumentMeta) {
    super(text);
    this.meta = meta;
  }
}
