/** What an editor is given: the same for the real one, and for the plain field that stands in until it is there. */
export type Language = "python" | "json" | "javascript" | "text";

/** Lines and columns count from 1; without an end it is the word at that place. */
export interface Diagnostic {
  line: number;
  column: number;
  endLine?: number;
  endColumn?: number;
  message: string;
  severity: "error" | "warning" | "info";
}

/** Where somebody types: `word` is what a completion would take the place of, `before` the line up to the cursor. */
export interface CompletionPlace {
  word: string;
  before: string;
  source: string;
  explicit: boolean;
}

export interface Completion {
  label: string;
  /** What is written instead of the label. */
  apply?: string;
  /** A few words beside the label. */
  detail?: string;
  /** A sentence that is shown for the chosen one. */
  info?: string;
  kind?: "function" | "variable" | "property" | "keyword" | "text";
}

export interface EditorProps {
  language: Language;
  value: string;
  onChange?: (value: string) => void;
  label: string;
  diagnostics?: readonly Diagnostic[];
  readOnly?: boolean;
  minLines?: number;
  maxLines?: number;
  completions?: (place: CompletionPlace) => Completion[];
  /** Marks {{ … }} as templates. */
  templates?: boolean;
  /** Changes of `at` take the cursor to that place. */
  goTo?: { line: number; column: number; at: number } | null;
}
