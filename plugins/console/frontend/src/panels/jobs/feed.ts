/** The log of a job as it is written: what is there already by the megabyte, then line by line, with none left out and none twice. */
import { useEffect, useState } from "react";
import { request } from "../../api/client";
import { connection } from "../../api/connection";
import { problemFrom } from "../../api/problem";
import { session } from "../../api/session";
import { Watched } from "../../api/watched";
import { LogLines, type LogState } from "../../kit/log/lines";
import { byEvents, bySocket, NeverOpened } from "./ways";

export interface Progress {
  percent: number | null;
  stage: string;
}

const TOGETHER = 80; // milliseconds over which lines are gathered
const STEP = 4_000; // lines that are taken at a time
const PATIENCE = 500; // milliseconds until it is tried again, each time some more
const BEGUN = new Set(["pending", "running"]);

export class JobFeed {
  readonly lines = new LogLines();
  readonly state = new Watched<LogState>("loading");
  readonly progress = new Watched<Progress>({ percent: null, stage: "" });
  private readonly gone = new AbortController();
  private readonly decoder = new TextDecoder();
  private offset = 0;
  private rest = "";
  private hasRead = false;
  private gathered: string[] = [];
  private timer: ReturnType<typeof setTimeout> | undefined;
  private closedDoors = 0;

  /** `news` is called when the job itself may be another. */
  constructor(
    private readonly job: string,
    private readonly news: () => void,
  ) {}

  async start(): Promise<void> {
    const { signal } = this.gone;
    for (let tries = 1; !signal.aborted; tries++) {
      try {
        const over = (await this.read()) || (await this.follow());
        if (over && !signal.aborted) return this.end();
      } catch (failure) {
        if (signal.aborted) return;
        this.flush();
        if (problemFrom(failure).status === 404) return this.end();
        this.state.set("lost");
        await this.untilBack(failure, tries);
        this.news();
      }
    }
  }

  /** A job that had ended was begun again: its log goes on. */
  resume(): void {
    if (this.state.get() !== "ended") return;
    this.hasRead = true;
    this.state.set("live");
    this.progress.set({ percent: null, stage: "" });
    void this.start();
  }

  stop(): void {
    this.gone.abort();
    clearTimeout(this.timer);
  }

  /** All that was written so far; true where the job has ended, and nothing is to come. */
  private async read(): Promise<boolean> {
    while (!this.hasRead) {
      const path = `/api/jobs/${encodeURIComponent(this.job)}/logs?offset=${this.offset}`;
      const answer = await request(path, { signal: this.gone.signal });
      const data = new Uint8Array(await answer.arrayBuffer());
      if (data.length) {
        this.offset += data.length;
        await this.take(this.decoder.decode(data, { stream: true }));
        continue;
      }
      if (!BEGUN.has(answer.headers.get("x-job-status") ?? "")) {
        if (this.rest) this.lines.append([this.rest]);
        return true;
      }
      this.hasRead = true;
    }
    return false;
  }

  /** In steps, so that whoever scrolls meanwhile does not wait. */
  private async take(text: string): Promise<void> {
    const lines = (this.rest + text).split("\n");
    this.rest = lines.pop()!;
    for (let at = 0; at < lines.length; at += STEP) {
      this.lines.append(lines.slice(at, at + STEP));
      await new Promise((done) => setTimeout(done));
    }
  }

  private async follow(): Promise<boolean> {
    const way = this.closedDoors > 1 ? byEvents : bySocket;
    await way(this.job, this.lines.total, (event, data) => this.heard(event, data), this.gone.signal);
    return true;
  }

  private heard(event: string, data: Record<string, unknown>): void {
    this.state.set("live");
    switch (event) {
      case "job_output":
        return this.gather(Number(data.seq), String(data.line));
      case "job_progress":
        return this.progress.set({ ...this.progress.get(), percent: Number(data.progress) });
      case "job_stage":
        return this.progress.set({ ...this.progress.get(), stage: String(data.stage) });
      case "subscribed":
        return this.news();
    }
  }

  private gather(seq: number, line: string): void {
    const next = this.lines.total + this.gathered.length;
    if (seq < next) return;
    if (seq > next) throw new Error(`line ${next} is missing`);
    this.gathered.push(line);
    this.timer ??= setTimeout(() => this.flush(), TOGETHER);
  }

  private flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const lines = this.gathered;
    this.gathered = [];
    this.lines.append(lines);
  }

  private end(): void {
    this.flush();
    this.state.set("ended");
    this.news();
  }

  /** Until the server is there, somebody is signed in, and a moment has passed. */
  private async untilBack(failure: unknown, tries: number): Promise<void> {
    if (failure instanceof NeverOpened) this.closedDoors++;
    if (!(await connection.probe())) {
      this.closedDoors = 0;
      connection.lost();
      await until(connection.alive, (alive) => alive, this.gone.signal);
    }
    await until(session.who, (who) => !!who, this.gone.signal);
    await new Promise((done) => setTimeout(done, Math.min(10, tries) * PATIENCE));
  }
}

function until<T>(watched: Watched<T>, true_: (value: T) => boolean, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (!true_(watched.get()) && !signal.aborted) return;
      unwatch();
      resolve();
    };
    const unwatch = watched.watch(look);
    signal.addEventListener("abort", look, { once: true });
    look();
  });
}

/** The feed of a job while its page is there. */
export function useFeed(job: string, news: () => void): JobFeed {
  const [feed, setFeed] = useState(() => new JobFeed(job, news));
  useEffect(() => {
    const made = new JobFeed(job, news);
    setFeed(made);
    void made.start();
    return () => made.stop();
  }, [job, news]);
  return feed;
}
