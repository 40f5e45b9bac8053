import { Component, type ReactNode } from "react";
import { Button } from "../kit/Button";
import { Notice } from "../kit/Notice";
import { Page } from "../kit/Page";
import { useTexts } from "../texts";

interface Props {
  plugin: string;
  title: string;
  error: unknown;
  retry: () => void;
}

export function Broken({ plugin, title, error, retry }: Props) {
  const t = useTexts().frame;
  return (
    <Page title={title}>
      <Notice tone="bad">
        <strong>{t.broken(plugin)}</strong>
        <p>{t.brokenText}</p>
        <code>{error instanceof Error ? error.message : String(error)}</code>
        <Button onPress={retry}>{t.reload}</Button>
      </Notice>
    </Page>
  );
}

interface BoundaryProps {
  plugin: string;
  title: string;
  children: ReactNode;
}

/** What fails while it is drawn stays where it is. */
export class Boundary extends Component<BoundaryProps, { error: unknown }> {
  override state = { error: null as unknown };
  static getDerivedStateFromError = (error: unknown) => ({ error: error ?? new Error("it failed") });
  override render() {
    const { error } = this.state;
    if (error === null) return this.props.children;
    return <Broken {...this.props} error={error} retry={() => this.setState({ error: null })} />;
  }
}
