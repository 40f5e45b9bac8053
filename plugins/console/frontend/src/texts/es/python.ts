import type { python as english } from "../en/python";

export const python: typeof english = {
  title: "Python",
  summary: "Se ejecuta en un proceso nuevo, sin red ni archivos. Lo que devuelve con return es el resultado. Ctrl+Intro lo ejecuta.",
  code: "Código",
  run: "Ejecutar",
  runs: "En marcha…",
  goesOn: "Tarda más y continúa; el resultado aparecerá aquí.",
  result: "Resultado",
  none: "Aquí aparecen el resultado y lo que escribe el código.",
  output: "Salida",
  errors: "Errores",
  timeout: "Tiempo máximo en segundos",
  wrongTimeout: (most) => `un número entero de 1 a ${most}`,
  line: (line) => `Línea ${line}`,
  times: (ran, waited) => `duró ${ran.toFixed(3)} s, esperó ${waited.toFixed(3)} s`,
  job: "El trabajo",
};
