import type { log as en } from "../en/log";

export const log: typeof en = {
  find: "Buscar en la salida",
  before: "La línea anterior que lo contiene",
  next: "La siguiente línea que lo contiene",
  finding: "Buscando…",
  found: (at, all) => (all === 0 ? "no está" : at ? `${at} de ${all} líneas` : all === 1 ? "1 línea" : `${all} líneas`),
  wrap: "Ajustar líneas",
  download: "Descargar",
  toEnd: "Al final",
  linesOf: (label) => `${label}: líneas`,
  empty: "No se escribió nada.",
  showAll: (length) => `… mostrar los ${length} caracteres`,
  count: (count) => (count === 1 ? "1 línea" : `${count.toLocaleString("es")} líneas`),
  notAll: (all) => `Las primeras de ${all.toLocaleString("es")}: descárgala para ver el resto.`,
  states: { loading: "Leyendo…", live: "En directo", lost: "Se perdió la conexión: seguirá cuando vuelva", ended: "Completa" },
};
