import { Button } from "../../kit/Button";
import { Failure } from "../../kit/Notice";
import { useTexts } from "../../texts";
import type { Endpoint } from "./model";
import { TestInputs, testOf } from "./TestInputs";
import { TestView } from "./TestView";
import { useTry } from "./useTry";

/** The endpoint, tried as it stands: what goes out, what comes back. */
export function TryOut({ at, endpoint }: { at: number; endpoint: Endpoint }) {
  const t = useTexts().integrations;
  const tried = useTry(endpoint.id);
  const { expectations: _, ...config } = testOf(endpoint);
  const last = tried.pages.at(-1);
  return (
    <section className="card stack" aria-label={t.tryOut}>
      <h2>{t.tryOut}</h2>
      <p className="quiet-text">{t.tryHelp}</p>
      <TestInputs at={at} endpoint={endpoint} />
      <div className="row">
        <Button kind="primary" isDisabled={tried.running} onPress={() => void tried.first(config)}>
          {tried.running ? t.testing : t.send}
        </Button>
      </div>
      {tried.problem && <Failure error={tried.problem} />}
      {last && <TestView result={last} />}
    </section>
  );
}
