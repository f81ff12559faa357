// The page at /dashboard: signing in, and then the board.

import { render } from "preact";
import { useState } from "preact/hooks";
import { Board } from "./board.js";
import type { Service } from "./service.js";
import { SignIn } from "./sign_in.js";
import { useTheme } from "./theme.js";

function Page() {
  const [theme, chooseOther] = useTheme();
  const [service, setService] = useState<Service | null>(null);
  const [reason, setReason] = useState("");
  const leave = (reason: string) => {
    setService(null);
    setReason(reason);
  };
  if (service === null) return <SignIn reason={reason} theme={theme} chooseOther={chooseOther} onSignedIn={setService} />;
  return <Board service={service} theme={theme} chooseOther={chooseOther} onLeave={leave} />;
}

const place = document.getElementById("page");
if (place !== null) render(<Page />, place);
