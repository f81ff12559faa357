// Signing in with the admin token. It is kept in memory: whoever loads the page again signs in again.

import { useEffect, useRef, useState } from "preact/hooks";
import { Refused, Service } from "./service.js";
import type { Theme } from "./theme.js";

interface SignInProps {
  /** Why somebody who was signed in is no longer. */
  reason: string;
  theme: Theme;
  chooseOther: () => void;
  onSignedIn: (service: Service) => void;
}

export function SignIn({ reason, theme, chooseOther, onSignedIn }: SignInProps) {
  const [token, setToken] = useState("");
  const [problem, setProblem] = useState(reason);
  const [isBusy, setIsBusy] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);

  const signIn = async (event: Event) => {
    event.preventDefault();
    setIsBusy(true);
    const service = new Service(token);
    const found = await service.check().then(() => "", explain);
    setIsBusy(false);
    setProblem(found);
    if (found === "") onSignedIn(service);
    else field.current?.select();
  };

  return (
    <main class="sign-in">
      <form class="card" onSubmit={(event) => void signIn(event)}>
        <h1>Response cache</h1>
        <label for="token">Admin token</label>
        <input
          id="token"
          ref={field}
          type="password"
          autocomplete="off"
          required
          value={token}
          aria-describedby="token-hint problem"
          aria-invalid={problem !== ""}
          onInput={(event) => setToken(event.currentTarget.value)}
        />
        <p class="hint" id="token-hint">
          The value of <code>MEDINSIGHT_ADMIN_TOKEN</code>. It stays in this page's memory and is forgotten with it.
        </p>
        <p class="problem" id="problem" role="alert">{problem}</p>
        <button class="main" disabled={isBusy}>{isBusy ? "Signing in…" : "Sign in"}</button>
        <button type="button" class="quiet" onClick={chooseOther}>{theme === "light" ? "Dark" : "Light"} colours</button>
      </form>
    </main>
  );
}

function explain(error: unknown): string {
  if (error instanceof Refused && error.status === 401) return "This token was refused.";
  if (error instanceof Refused) return `${error.message[0]?.toUpperCase() ?? ""}${error.message.slice(1)}.`;
  return "The service does not answer.";
}
