/** Search over everything: pages, and the names of things. */
import { useQueries } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { Autocomplete, Dialog, Header, Input, Label, ListBox, ListBoxItem, ListBoxSection, Modal, ModalOverlay, TextField } from "react-aria-components";
import { useTexts } from "../texts";
import { addressOf } from "./location";
import type { Panel } from "./panels";
import { sourcesOf, type Hit } from "./sources";

interface Props {
  open: boolean;
  onClose: () => void;
  panels: readonly Panel[];
}

const matches = (text: string, words: string): boolean => words.toLowerCase().split(/\s+/).every((word) => text.toLowerCase().includes(word));

export function Search({ open, onClose, panels }: Props) {
  const t = useTexts().frame;
  return (
    <ModalOverlay className="veil" isOpen={open} onOpenChange={(isOpen) => isOpen || onClose()} isDismissable>
      <Modal className="modal">
        <Dialog className="dialog" aria-label={t.search}>
          <Results panels={panels} onClose={onClose} />
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}

interface Group {
  id: string;
  title: string;
  hits: Hit[];
}

/** What somebody typed, once he pauses: the server is not asked for each letter. */
function useSettled(words: string): string {
  const [settled, settle] = useState(words);
  useEffect(() => {
    const timer = setTimeout(() => settle(words), 150);
    return () => clearTimeout(timer);
  }, [words]);
  return settled;
}

function useHits(panels: readonly Panel[], words: string, asked: string): { groups: Group[]; busy: boolean } {
  const t = useTexts().frame;
  const sources = asked ? sourcesOf(panels) : [];
  const found = useQueries({
    queries: sources.map((source) => ({
      queryKey: ["search", source.panel.name, source.asks ? asked : ""],
      queryFn: ({ signal }: { signal: AbortSignal }) => source.find(asked, signal),
      staleTime: 30_000,
      retry: false,
    })),
  });
  const pages = panels.filter((panel) => matches(`${panel.title} ${panel.summary}`, words));
  const own = { id: "pages", title: t.searchPages, hits: pages.map((panel) => ({ id: panel.name, title: panel.title, text: panel.summary, address: addressOf(panel.name) })) };
  const others = sources.map((source, at) => ({
    id: source.panel.name,
    title: source.panel.title,
    hits: (found[at]?.data ?? []).filter((hit) => !words || matches(`${hit.title} ${hit.text}`, words)).slice(0, 6),
  }));
  return { groups: [own, ...others].filter((group) => group.hits.length > 0), busy: words !== asked || found.some((one) => one.isLoading) };
}

function Results({ panels, onClose }: { panels: readonly Panel[]; onClose: () => void }) {
  const t = useTexts().frame;
  const [text, setText] = useState("");
  const words = text.trim();
  const { groups, busy } = useHits(panels, words, useSettled(words));
  const addresses = new Map(groups.flatMap((group) => group.hits.map((hit): [string, string] => [`${group.id} ${hit.id}`, hit.address])));
  const go = (key: React.Key) => {
    location.hash = addresses.get(String(key)) ?? "#/";
    onClose();
  };
  const empty = busy ? t.searching : words ? t.searchNothing(words) : t.searchEmpty;
  return (
    <div className="search">
      <Autocomplete inputValue={text} onInputChange={setText}>
        <TextField autoFocus type="search" className="field">
          <Label className="visually-hidden">{t.search}</Label>
          <Input className="control" placeholder={t.searchHint} />
        </TextField>
        <ListBox aria-label={t.search} className="options search-results" items={groups} onAction={go} renderEmptyState={() => <p className="quiet-text">{empty}</p>}>
          {(group) => (
            <ListBoxSection id={group.id}>
              <Header>{group.title}</Header>
              {group.hits.map((hit) => (
                <ListBoxItem key={hit.id} id={`${group.id} ${hit.id}`} className="option" textValue={hit.title}>
                  <span>{hit.title}</span>{" "}
                  {hit.text && <span className="option-help">{hit.text}</span>}
                </ListBoxItem>
              ))}
            </ListBoxSection>
          )}
        </ListBox>
      </Autocomplete>
    </div>
  );
}
