/** What runs and ran, newest first: of some state, kind or script. */
import { useCallback, useMemo } from "react";
import { ToggleButton, ToggleButtonGroup } from "react-aria-components";
import { useCatalog } from "../../api/catalog";
import { usePanel } from "../../api/context";
import { Button } from "../../kit/Button";
import { Select } from "../../kit/Fields";
import { Failure } from "../../kit/Notice";
import { Page } from "../../kit/Page";
import { Table } from "../../kit/Table";
import { useTexts } from "../../texts";
import { useColumns } from "./columns";
import { type Asked, type Status, STATUSES, useJobs } from "./data";
import { jobPath, useRoute } from "./route";

export function List() {
  const t = useTexts();
  const panel = usePanel();
  const asked = useAsked();
  const found = useJobs(asked);
  const rows = useMemo(() => found.data?.pages.flatMap((page) => page.jobs) ?? [], [found.data]);
  const columns = useColumns();
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = found;
  const more = useCallback(
    () => void (hasNextPage && !isFetchingNextPage && fetchNextPage()),
    [hasNextPage, isFetchingNextPage, fetchNextPage],
  );
  const filtered = asked.status || asked.kind || asked.subject;
  const total = found.data?.pages[0]?.pagination.total_items;
  return (
    <Page title={t.jobs.title} summary={t.jobs.summary}>
      <Filters asked={asked} />
      {found.error && <Failure error={found.error} retry={() => void found.refetch()} />}
      {found.isPending && <p className="quiet-text">{t.frame.loading}</p>}
      {found.isSuccess && !rows.length && (filtered ? <p className="quiet-text">{t.lists.noneMatch}</p> : <Nothing />)}
      {rows.length > 0 && (
        <>
          <p className="quiet-text">{total !== undefined && t.lists.shown(total)}</p>
          <Table label={t.jobs.title} columns={columns} rows={rows} onOpen={(row) => panel.navigate(jobPath(row.id))} onEnd={more} />
        </>
      )}
    </Page>
  );
}

function useAsked(): Asked {
  const { query } = useRoute();
  const status = query.get("status") ?? "";
  return {
    status: STATUSES.includes(status as Status) ? (status as Status) : "",
    kind: query.get("kind") ?? "",
    subject: query.get("subject") ?? "",
  };
}

function Filters({ asked }: { asked: Asked }) {
  const t = useTexts();
  const panel = usePanel();
  const kinds = useCatalog().data?.jobs ?? [];
  const change = (part: Partial<Asked>) => {
    const given = Object.entries({ ...asked, ...part }).filter(([, value]) => value);
    panel.navigate(given.length ? `?${new URLSearchParams(given)}` : "", { replace: true });
  };
  const options = [{ value: "*", label: t.lists.all }, ...kinds.map((kind) => ({ value: kind.name, label: kind.name, help: kind.summary }))];
  return (
    <div className="row job-filters">
      <ToggleButtonGroup
        className="chips"
        aria-label={t.jobs.state}
        selectionMode="single"
        disallowEmptySelection
        selectedKeys={[asked.status || "*"]}
        onSelectionChange={(keys) => change({ status: ([...keys].find((key) => key !== "*") ?? "") as Status | "" })}
      >
        {(["*", ...STATUSES] as const).map((status) => (
          <ToggleButton key={status} id={status} className="chip">
            {status === "*" ? t.lists.all : t.jobs.statuses[status]}
          </ToggleButton>
        ))}
      </ToggleButtonGroup>
      {kinds.length > 1 && (
        <div className="job-kind">
          <Select label={t.jobs.kind} value={asked.kind || "*"} options={options} onChange={(kind) => change({ kind: kind === "*" ? "" : kind })} />
        </div>
      )}
      {asked.subject && (
        <Button aria-label={t.jobs.removeFilter(asked.subject)} onPress={() => change({ subject: "" })}>
          <code>{asked.subject}</code> <span aria-hidden="true">✕</span>
        </Button>
      )}
    </div>
  );
}

function Nothing() {
  const t = useTexts().jobs;
  const panel = usePanel();
  return (
    <div className="empty">
      <h2>{t.emptyTitle}</h2>
      <p>{t.emptyText}</p>
      <a className="button" href={panel.href("", "scripts")}>
        {t.toScripts}
      </a>
    </div>
  );
}
