// The service behind the Worker.

/** The service gave no answer. */
export class ServiceUnreachable extends Error {}

/** How long a question may take that the Worker asks on its own account: whether there is an answer, what the policy is. */
export const LOOKUP_TIMEOUT_MS = 2_000;

export class Service {
  constructor(private readonly url: string) {}

  /** Passes a request on as it is, and the answer back as it is, also one that is a stream. */
  pass(request: Request): Promise<Response> {
    const { pathname, search } = new URL(request.url);
    return this.send(new Request(this.url + pathname + search, request));
  }

  get(path: string, headers: Headers, timeoutMs?: number): Promise<Response> {
    const signal = timeoutMs === undefined ? null : AbortSignal.timeout(timeoutMs);
    return this.send(new Request(this.url + path, { headers, signal }));
  }

  post(path: string, headers: Headers, body: ArrayBuffer): Promise<Response> {
    return this.send(new Request(this.url + path, { method: "POST", headers, body }));
  }

  private async send(request: Request): Promise<Response> {
    try {
      return await fetch(request, { redirect: "manual" });
    } catch {
      throw new ServiceUnreachable("the service gave no answer");
    }
  }
}

/** Whether a status says that the service, or what is in front of it, cannot answer at the moment. */
export function isFailure(status: number): boolean {
  return status === 500 || status === 502 || status === 503 || status === 504;
}
