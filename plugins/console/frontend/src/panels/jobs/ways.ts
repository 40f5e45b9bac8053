/** The two ways on which a job is followed: a WebSocket, and where nothing lets one through, an event stream. */
import { address, request } from "../../api/client";
import { Problem } from "../../api/problem";

/** What is told of a job: `job_output`, `job_progress`, `job_stage`, and how it ended. */
export type Heard = (event: string, data: Record<string, unknown>) => void;

/** Follows the log from line `from` on, until the job has ended; rejects where the connection ends before. */
export type Way = (job: string, from: number, heard: Heard, signal: AbortSignal) => Promise<void>;

/** Nothing lets a WebSocket through, or nobody is there. */
export class NeverOpened extends Error {}

const ENDS = new Set(["job_completed", "job_failed", "job_cancelled", "job_forgotten"]);

export const bySocket: Way = (job, from, heard, signal) =>
  new Promise((resolve, reject) => {
    const socket = new WebSocket(address("/ws").replace(/^http/, "ws"));
    let opened = false;
    const leave = () => socket.close();
    signal.addEventListener("abort", leave);
    socket.onopen = () => {
      opened = true;
      socket.send(JSON.stringify({ event: "subscribe_job", data: { job_id: job, from } }));
    };
    socket.onmessage = ({ data: text }) => {
      try {
        const { event, data } = JSON.parse(text as string) as { event: string; data: Record<string, unknown> };
        if (event === "error") throw new Problem(404, String(data.code), String(data.message));
        heard(event, data);
        if (!ENDS.has(event)) return;
        resolve();
      } catch (failure) {
        reject(failure);
      }
      socket.close();
    };
    socket.onclose = () => {
      signal.removeEventListener("abort", leave);
      reject(opened ? new Error("the connection ended") : new NeverOpened("no WebSocket"));
    };
  });

export const byEvents: Way = async (job, from, heard, signal) => {
  const headers = { Accept: "text/event-stream", ...(from > 0 && { "Last-Event-ID": String(from - 1) }) };
  const answer = await request(`/api/jobs/${encodeURIComponent(job)}/logs`, { headers, signal });
  heard("subscribed", {});
  let rest = "";
  for await (const piece of piecesOf(answer.body!)) {
    const events = (rest + piece).split("\n\n");
    rest = events.pop()!;
    for (const [event, data] of events.flatMap(read)) {
      heard(event, data);
      if (ENDS.has(event)) return;
    }
  }
  throw new Error("the connection ended");
};

async function* piecesOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  try {
    for (let read = await reader.read(); !read.done; read = await reader.read()) yield decoder.decode(read.value, { stream: true });
  } finally {
    void reader.cancel().catch(() => undefined);
  }
}

/** An event of the stream (HTML, section 9.2); a comment is none. */
function read(text: string): [string, Record<string, unknown>][] {
  const field = (name: string) => text.split("\n").find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
  const [event, data] = [field("event"), field("data")];
  return event && data ? [[event, JSON.parse(data) as Record<string, unknown>]] : [];
}
