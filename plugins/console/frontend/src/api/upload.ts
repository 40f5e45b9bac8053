/** Sending a file ahead, with how far it is: `fetch` does not tell that. */
import { root, type Schemas } from "./client";
import { connection } from "./connection";
import { problemOf, Problem } from "./problem";
import { session } from "./session";

export type Upload = Schemas["Upload"];

export interface Sent {
  sent: number;
  /** Bytes, those around the file included. */
  all: number;
}

/** Raises a Problem; an AbortError where `signal` ends it. */
export async function upload(file: File, told: (sent: Sent) => void, signal: AbortSignal): Promise<Upload> {
  let answer = await send(file, told, signal);
  if (answer.status === 401 && session.who.get()?.kind === "account" && (await session.renew())) answer = await send(file, told, signal);
  const body = parsed(answer.responseText);
  if (answer.status === 201) return body as Upload;
  throw problemOf(answer.status, body);
}

function send(file: File, told: (sent: Sent) => void, signal: AbortSignal): Promise<XMLHttpRequest> {
  return new Promise((resolve, reject) => {
    const asked = new XMLHttpRequest();
    asked.open("POST", `${root}/api/files`);
    asked.setRequestHeader("X-CSRF-Token", session.csrf);
    asked.upload.onprogress = ({ loaded, total }) => told({ sent: loaded, all: total });
    asked.onload = () => resolve(asked);
    asked.onabort = () => reject(new DOMException("", "AbortError"));
    asked.onerror = () => {
      connection.lost();
      reject(new Problem(0, "connection-lost", "The server cannot be reached."));
    };
    signal.addEventListener("abort", () => asked.abort());
    const body = new FormData();
    body.append("file", file);
    asked.send(body);
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
