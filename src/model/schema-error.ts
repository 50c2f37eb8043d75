/** One thing that a validator made from a JSON Schema objects to, as ajv tells it. */
export interface SchemaError {
  /** JSON pointer to the value: `/stores/main/path`. */
  readonly instancePath: string;
  /** Fragment of the schema: `#/definitions/duration/pattern`. */
  readonly schemaPath: string;
  /** The schema's word that failed: `required`, `pattern`, `enum` … */
  readonly keyword: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly message?: string;
  /** The part of the schema that the keyword stands in: its description, examples and keys. */
  readonly parentSchema?: Readonly<Record<string, unknown>>;
  /** The value at the pointer. */
  readonly data?: unknown;
  /** The key that has not the form which `propertyNames` asks for; an error of that keyword follows. */
  readonly propertyName?: string;
}
