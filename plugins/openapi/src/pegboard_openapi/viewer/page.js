// Starts Swagger UI on this app's own document. What is typed into "Authorize" stays in this page's memory.

// The document lists what the caller's tenant made, so it is fetched again whenever the credential changes.
const reloading = (original, system) => (...args) => {
  const result = original(...args);
  system.specActions.download();
  return result;
};

// On a route that needs no credential Swagger UI shows a closed lock although none was given.
const honestLock = (Original, system) => (props) =>
  system.React.createElement(Original, {
    ...props,
    isAuthorized: props.isAuthorized && system.authSelectors.authorized().size > 0,
  });

const plugin = {
  statePlugins: {
    auth: { wrapActions: { authorize: reloading, logout: reloading } },
  },
  wrapComponents: { authorizeOperationBtn: honestLock },
};

function withCredential(request, authorized) {
  for (const { schema, value } of Object.values(authorized)) {
    if (schema.type === "apiKey" && schema.in === "header") request.headers[schema.name] = value;
    if (schema.type === "http" && schema.scheme === "bearer") request.headers.Authorization = `Bearer ${value}`;
    if (schema.type === "http" && schema.scheme === "basic") {
      request.headers.Authorization = `Basic ${btoa(`${value.username}:${value.password}`)}`;
    }
  }
  return request;
}

function followTheme() {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const apply = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
  dark.addEventListener("change", apply);
  apply();
}

followTheme();
let ui = null; // it loads the document for the first time before it is there
ui = SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#viewer",
  plugins: [plugin],
  deepLinking: true,
  filter: true,
  tryItOutEnabled: true,
  validatorUrl: null,
  defaultModelsExpandDepth: 0,
  requestInterceptor: (request) =>
    request.loadSpec && ui ? withCredential(request, ui.authSelectors.authorized().toJS()) : request,
  onComplete: () => {
    document.title = ui.specSelectors.info().get("title");
  },
});
