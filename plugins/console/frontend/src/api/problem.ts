/** What the API says when it refuses: RFC 9457, with the field of each error. */
export interface FieldError {
  pointer?: string;
  detail: string;
}

export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly detail: string,
    readonly errors: readonly FieldError[] = [],
    readonly extra: Readonly<Record<string, unknown>> = {},
  ) {
    super(detail);
  }

  /** The server could not be reached at all. */
  get lost(): boolean {
    return this.status === 0;
  }

  /** What is wrong with the field at a JSON pointer. */
  at(pointer: string): string | undefined {
    return this.errors.find((error) => error.pointer === pointer)?.detail;
  }
}

const text = (value: unknown): string => (typeof value === "string" ? value : "");

/** Reads every shape of errors that the systems have: problem details, `{detail}`, `{error: {code, message}}`. */
export function problemOf(status: number, body: unknown): Problem {
  const told = (body && typeof body === "object" ? body : {}) as Record<string, unknown>;
  const inner = (told.error && typeof told.error === "object" ? told.error : told) as Record<string, unknown>;
  const code = text(inner.type).split(/[/:]/).at(-1) || text(inner.code) || text(told.error) || `http-${status}`;
  const detail = text(inner.detail) || text(inner.message) || text(inner.title) || `The server answered ${status}.`;
  const errors = Array.isArray(inner.errors) ? (inner.errors as FieldError[]) : [];
  return new Problem(status, code, detail, errors, inner);
}

export const problemFrom = (error: unknown): Problem =>
  error instanceof Problem ? error : new Problem(0, "client", error instanceof Error ? error.message : String(error));
