import { createRoot } from "react-dom/client";
import { MantineProvider } from "@mantine/core";
import { MutationCache, QueryCache, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { Problem } from "./api/client";
import { App } from "./app";
import { complain } from "./frame/toasts";
import { providerProps } from "./theme/theme";
import "./theme/mantine.css";
import "./theme/tokens.css";
import "./theme/base.css";
import "./theme/frame.css";

const client = new QueryClient({
  defaultOptions: { queries: { staleTime: 5_000, retry: (count, error) => count < 2 && !(error instanceof Problem && error.status >= 400 && error.status < 500) } },
  queryCache: new QueryCache(),
  mutationCache: new MutationCache({ onError: (error, _variables, _context, mutation) => { if (!mutation.meta?.isShownInPlace) complain(error); } }),
});

createRoot(document.getElementById("root")!).render(
  <MantineProvider {...providerProps}>
    <QueryClientProvider client={client}>
      <App />
    </QueryClientProvider>
  </MantineProvider>,
);
