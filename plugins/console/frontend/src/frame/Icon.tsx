/** Small pictures beside words. A name that is not known is a dot: the word says it all anyway. */
const PATHS: Record<string, string> = {
  home: "M2.5 7.5 8 3l5.5 4.5V13h-4V9.5h-3V13h-4z",
  endpoints: "M6 4 2.5 8 6 12M10 4l3.5 4L10 12",
  integrations: "M6.5 9.5 9.5 6.5M7 4.5l1.2-1.2a2.6 2.6 0 0 1 4.5 4.5L11.5 9M9 11.5l-1.2 1.2a2.6 2.6 0 0 1-4.5-4.5L4.5 7",
  records: "M2.5 4h11M2.5 8h11M2.5 12h11",
  scripts: "M3 4l4 4-4 4M8.5 12H13",
  python: "M2.5 3.500h11v9h-11zM5 6.500l2 1.500-2 1.500M8.500 10H11",
  jobs: "M8 2.5a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11zM8 5v3.200l2 1.300",
  schedules: "M2.5 4h11v9.5h-11zM2.5 7h11M5.5 2.5v3M10.5 2.5v3",
  files: "M4 2.5h5l3 3v8H4zM9 2.5v3h3",
  users: "M8 8a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM3 13.5c.5-2.5 2.5-3.5 5-3.5s4.5 1 5 3.5",
  keys: "M8 8a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0zM8 8h5.5M11.5 8v2.5",
  audit: "M3.5 2.5h9v11h-9zM6 6h4M6 8.5h4M6 11h2",
  subscriptions: "M8 2.5a3.5 3.5 0 0 0-3.5 3.5c0 3-1.5 4-1.5 4.5h10c0-.5-1.5-1.5-1.5-4.5A3.5 3.5 0 0 0 8 2.5zM6.5 12.5a1.5 1.5 0 0 0 3 0",
  deliveries: "M13.5 2.5 7 9M13.5 2.5l-4 11-2.5-4.5-4.5-2.5z",
  received: "M2.5 9v4.5h11V9M8 2.5V10M5 7l3 3 3-3",
  tenants: "M2.5 13.5v-8h5v8M7.5 13.5v-11h6v11M10 5.5h1M10 8.5h1M2 13.5h12",
  lock: "M4 7.5h8v6H4zM5.5 7.5V5.5a2.5 2.5 0 0 1 5 0v2",
  table: "M2.5 3.5h11v9h-11zM2.5 6.5h11M6.5 6.5v6",
  webhooks: "M2.5 8h4l1.5-4 2 8 1.5-4h2",
  system: "M2.5 3.5h11v4h-11zM2.5 9.5h11v3h-11zM5 5.5h.01M5 11h.01",
  search: "M7 3a4 4 0 1 1 0 8 4 4 0 0 1 0-8zM10 10l3.5 3.5",
  menu: "M2.5 4.5h11M2.5 8h11M2.5 11.5h11",
  user: "M8 8a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM3 13.5c.5-2.5 2.5-3.5 5-3.5s4.5 1 5 3.5",
  person: "M8 8a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM3 13.5c.5-2.5 2.5-3.5 5-3.5s4.5 1 5 3.5",
};

export const Icon = ({ name }: { name: string }) => (
  <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" fill="none" stroke="currentColor" strokeWidth="1.4" strokeLinecap="round" strokeLinejoin="round">
    <path d={PATHS[name] ?? "M8 6.5a1.5 1.5 0 1 0 0 3 1.5 1.5 0 0 0 0-3z"} />
  </svg>
);
