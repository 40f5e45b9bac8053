import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { root } from "./api/client";
import { connection } from "./api/connection";
import { App } from "./frame/App";
import { Surroundings } from "./panels/mount";
import "./frame/theme";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/kit.css";
import "./styles/frame.css";

connection.probe = () => fetch(`${root}/-/health/live`, { cache: "no-store" }).then((answer) => answer.ok, () => false);

createRoot(document.getElementById("console")!).render(
  <StrictMode>
    <Surroundings>
      <App />
    </Surroundings>
  </StrictMode>,
);
