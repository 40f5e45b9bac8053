/** JSON Schema 2020-12, as far as the server writes it. */
export interface JsonSchema {
  $ref?: string;
  type?: string | string[];
  title?: string;
  description?: string;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  additionalProperties?: boolean | JsonSchema;
  items?: JsonSchema;
  prefixItems?: JsonSchema[];
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  enum?: unknown[];
  const?: unknown;
  default?: unknown;
  format?: string;
  writeOnly?: boolean;
  readOnly?: boolean;
  pattern?: string;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  uniqueItems?: boolean;
  maxItems?: number;
  components?: { schemas?: Record<string, JsonSchema> };
  $defs?: Record<string, JsonSchema>;
  /** The panel whose items one chooses from. */
  "x-panel"?: string;
}

const unescaped = (step: string): string => step.replaceAll("~1", "/").replaceAll("~0", "~");

/** The schema that a reference within `root` leads to, or the schema itself; what stands beside the reference wins. */
export function resolved(schema: JsonSchema, root: JsonSchema): JsonSchema {
  let found = schema;
  for (let steps = 0; found.$ref && steps < 20; steps++) {
    const { $ref, ...beside } = found;
    const path = $ref.replace(/^#\/?/, "").split("/").filter(Boolean).map(unescaped);
    const target = path.reduce<unknown>((at, step) => (at as Record<string, unknown> | undefined)?.[step], root);
    found = { ...((target as JsonSchema | undefined) ?? {}), ...beside };
  }
  return found;
}
