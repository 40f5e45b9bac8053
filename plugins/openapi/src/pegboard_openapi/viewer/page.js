// Starts Swagger UI on this app's own document. What is typed into "Authorize" stays in this page's memory.

const DOCUMENT = "openapi.json";

// The document lists what the caller's tenant made, so it is fetched again whenever the credential changes. A
// credential that the server refuses is dropped, and the reason is shown where it was typed.
const authorize = (original, system) => async (given) => {
  original(given);
  system.errActions.clear({ source: "auth" });
  const refusal = await load(system);
  if (!refusal) return;
  for (const authId of Object.keys(given)) {
    system.errActions.newAuthErr({ authId, source: "auth", level: "error", message: refusal });
  }
  system.authActions.logout(Object.keys(given));
};

const logout = (original, system) => async (names) => {
  original(names);
  await load(system);
};

let loads = 0;

async function load(system) {
  const mine = ++loads;
  const response = await fetch(DOCUMENT, { headers: credentials(system.authSelectors.authorized().toJS()) });
  const text = await response.text();
  if (mine !== loads) return ""; // the credential has changed again meanwhile
  if (response.ok) system.specActions.updateSpec(text);
  return response.ok ? "" : JSON.parse(text).detail;
}

function credentials(authorized) {
  const headers = {};
  for (const { schema, value } of Object.values(authorized)) {
    if (!value) continue;
    if (schema.type === "apiKey" && schema.in === "header") headers[schema.name] = value;
    if (schema.type === "http" && schema.scheme === "bearer") headers.Authorization = `Bearer ${value}`;
    if (schema.type === "http" && schema.scheme === "basic") {
      headers.Authorization = `Basic ${btoa(`${value.username}:${value.password}`)}`;
    }
  }
  return headers;
}

// On a route that needs no credential Swagger UI shows a closed lock although none was given.
const honestLock = (Original, system) => (props) =>
  system.React.createElement(Original, {
    ...props,
    isAuthorized: props.isAuthorized && system.authSelectors.authorized().size > 0,
  });

function followTheme() {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const apply = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
  dark.addEventListener("change", apply);
  apply();
}

followTheme();
const ui = SwaggerUIBundle({
  url: DOCUMENT,
  dom_id: "#viewer",
  plugins: [
    {
      statePlugins: { auth: { wrapActions: { authorize, logout } } },
      wrapComponents: { authorizeOperationBtn: honestLock },
    },
  ],
  deepLinking: true,
  filter: true,
  tryItOutEnabled: true,
  validatorUrl: null,
  defaultModelsExpandDepth: 0,
  onComplete: () => {
    document.title = ui.specSelectors.info().get("title");
  },
});
