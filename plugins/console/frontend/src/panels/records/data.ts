/** What the panel asks the API for. */
import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { address, json } from "../../api/client";
import { queries } from "../../api/queries";
import type { Data, Shard, ShardType, TypeDraft } from "./model";

const KEY = "records";
const PAGE = 200;
const MOST = 1000;
const TYPES = "/api/v1/shard-types";
const SHARDS = "/api/v1/shards";

export interface Asked {
  search: string;
  filter: string;
  sort: string;
  deleted: boolean;
}

const typeAt = (id: string): string => `${TYPES}/${encodeURIComponent(id)}`;
const shardAt = (id: string): string => `${SHARDS}/${encodeURIComponent(id)}`;
const matching = (revision: number): RequestInit => ({ headers: { "If-Match": `"${revision}"` } });

function queryOf(type: string, asked: Asked): URLSearchParams {
  const query = new URLSearchParams({ type });
  if (asked.search) query.set("search", asked.search);
  if (asked.filter) query.set("filter", asked.filter);
  if (asked.deleted) query.set("includeDeleted", "true");
  return query;
}

export const useTypes = () =>
  useQuery({
    queryKey: [KEY, "types"],
    queryFn: async () => (await json<{ shardTypes: ShardType[] }>(`${TYPES}?limit=${MOST}&sort=displayName,id`)).shardTypes,
  });

export const useType = (id: string) => useQuery({ queryKey: [KEY, "type", id], queryFn: () => json<ShardType>(typeAt(id)) });

/** How many records a type has. */
export const useCount = (type: string) =>
  useQuery({
    queryKey: [KEY, "count", type],
    queryFn: async () => (await json<{ total: number }>(`${SHARDS}?limit=1&type=${encodeURIComponent(type)}`)).total,
  });

export function useRecords(type: string, asked: Asked) {
  return useInfiniteQuery({
    queryKey: [KEY, "list", type, asked],
    initialPageParam: 0,
    queryFn: ({ pageParam, signal }) => {
      const query = queryOf(type, asked);
      if (asked.sort) query.set("sort", asked.sort);
      query.set("limit", String(PAGE));
      query.set("offset", String(pageParam));
      return json<{ shards: Shard[]; total: number }>(`${SHARDS}?${query}`, "GET", undefined, { signal });
    },
    getNextPageParam: (last, pages) => (last.shards.length === PAGE ? pages.length * PAGE : undefined),
    placeholderData: keepPreviousData,
  });
}

export const useRecord = (id: string) =>
  useQuery({ queryKey: [KEY, "one", id], queryFn: () => json<Shard>(`${shardAt(id)}?includeDeleted=true`) });

/** The address of a file with all that the filters leave. */
export function exportAt(type: string, asked: Asked, format: "csv" | "jsonl"): string {
  const query = queryOf(type, asked);
  query.set("format", format);
  return address(`${SHARDS}/export?${query}`);
}

/** After a change: the lists are read again, and the answer to it is what the record is. */
function told(shard: Shard | null): void {
  if (shard) queries.setQueryData([KEY, "one", shard.id], shard);
  for (const part of ["list", "count"]) void queries.invalidateQueries({ queryKey: [KEY, part] });
}

export async function createRecord(type: string, externalId: string, data: Data): Promise<Shard> {
  const made = await json<Shard>(SHARDS, "POST", { type, data, externalId: externalId || null });
  told(made);
  return made;
}

/** Raises a Problem 412 where somebody else changed it since `revision`. */
export async function changeRecord(id: string, patch: Data, revision: number): Promise<Shard> {
  const made = await json<Shard>(shardAt(id), "PATCH", { data: patch }, matching(revision));
  told(made);
  return made;
}

export async function readRecord(id: string): Promise<Shard> {
  const found = await json<Shard>(`${shardAt(id)}?includeDeleted=true`);
  told(found);
  return found;
}

export async function deleteRecord(id: string, purge: boolean): Promise<void> {
  await json(`${shardAt(id)}${purge ? "?purge=true" : ""}`, "DELETE");
  if (purge) queries.removeQueries({ queryKey: [KEY, "one", id] });
  else await queries.invalidateQueries({ queryKey: [KEY, "one", id] });
  told(null);
}

export async function restoreRecord(id: string): Promise<Shard> {
  const made = await json<Shard>(`${shardAt(id)}/restore`, "POST");
  told(made);
  return made;
}

function changed(type: ShardType | null): void {
  if (type) queries.setQueryData([KEY, "type", type.id], type);
  void queries.invalidateQueries({ queryKey: [KEY, "types"] });
}

export async function createType(draft: TypeDraft): Promise<ShardType> {
  const made = await json<ShardType>(TYPES, "POST", draft);
  changed(made);
  return made;
}

export async function changeType(draft: TypeDraft, revision: number): Promise<ShardType> {
  const { id, ...patch } = draft;
  const made = await json<ShardType>(typeAt(id), "PATCH", patch, matching(revision));
  changed(made);
  return made;
}

export async function deleteType(id: string, records: boolean): Promise<void> {
  await json(`${typeAt(id)}${records ? "?records=delete" : ""}`, "DELETE");
  queries.removeQueries({ queryKey: [KEY, "type", id] });
  changed(null);
}
