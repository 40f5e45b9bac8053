import { QueryClient } from "@tanstack/react-query";
import { connection } from "./connection";
import { problemFrom } from "./problem";

/** What was read from the API. What is lost with the connection is asked again when it is back. */
export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      retry: (count, error) => problemFrom(error).lost && count < 2,
      refetchOnWindowFocus: false,
      networkMode: "always", // whether the browser thinks that it is online says nothing of our server
    },
    mutations: { retry: false, networkMode: "always" },
  },
});

let wasAlive = true;
connection.alive.watch(() => {
  const alive = connection.alive.get();
  if (alive && !wasAlive) void queries.invalidateQueries();
  wasAlive = alive;
});
