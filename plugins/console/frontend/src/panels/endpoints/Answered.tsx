import { Badge } from "../../kit/Badge";

/** A status with its meaning in a word. */
export const Answered = ({ status, failed }: { status: number; failed: boolean }) => (
  <span className="row">
    <Badge state={failed ? "failed" : "ok"} /> {status}
  </span>
);
