/** The steps of the builder: which part of a definition each of them is about. */
import type { FieldError } from "../../api/problem";
import type { Definition } from "./model";

export const STEPS = ["basics", "connection", "endpoints", "mapping", "webhooks", "tests"] as const;
export type StepName = (typeof STEPS)[number];
export type StepState = "untouched" | "complete" | "errors";

const CONNECTION = ["baseUrl", "auth", "authType", "authConfig", "defaultHeaders", "timeout", "retryConfig"];

export function stepOf(pointer: string | undefined): StepName {
  const [, first = "", , third] = (pointer ?? "").split("/");
  if (CONNECTION.includes(first)) return "connection";
  if (first === "webhookConfig") return "webhooks";
  if (first === "endpoints") return third === "responseMapping" ? "mapping" : "endpoints";
  return "basics";
}

/** Whether there is anything yet in the part that a step is about. */
function begun(step: StepName, definition: Definition): boolean {
  const endpoints = definition.endpoints ?? [];
  if (step === "basics") return !!definition.name;
  if (step === "connection") return !!definition.baseUrl || definition.auth.type !== "none";
  if (step === "endpoints") return endpoints.length > 0;
  if (step === "mapping") return endpoints.some((one) => one.responseMapping?.targetShardTypeId);
  return step === "webhooks" && !!definition.webhookConfig;
}

export function stateOf(step: StepName, definition: Definition, errors: readonly FieldError[]): StepState {
  if (errors.some((one) => stepOf(one.pointer) === step)) return "errors";
  return begun(step, definition) ? "complete" : "untouched";
}
