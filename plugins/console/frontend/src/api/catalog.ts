/** Which kinds there are of everything that can be configured: from whatever plugins this server has. */
import { useQuery } from "@tanstack/react-query";
import { json } from "./client";
import type { JsonSchema } from "./jsonschema";
import { PREFIX } from "./signing";

export interface Kind {
  name: string;
  summary: string;
  plugin: string;
  schema: JsonSchema;
}

/** Further members are named as plugins' own points are. */
export type Catalog = Record<"providers" | "paginators" | "transforms" | "sandboxes" | "runners", Kind[]> &
  Partial<Record<"schemes" | "jobs", Kind[]>> &
  Record<string, Kind[] | undefined>;

export const useCatalog = () =>
  useQuery({ queryKey: ["catalog"], queryFn: () => json<Catalog>(`${PREFIX}/api/catalog`), staleTime: 60_000 });

export const kindOf = (kinds: readonly Kind[] | undefined, name: string | undefined): Kind | undefined =>
  kinds?.find((one) => one.name === name);
