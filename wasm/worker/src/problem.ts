// What the Worker has to say itself when something is wrong, in the form of the service's problems (RFC 9457).

export function problem(status: 500 | 502, title: string, code: string, detail: string): Response {
  const headers = { "content-type": "application/problem+json", "cache-control": "no-store" };
  return new Response(JSON.stringify({ type: "about:blank", title, status, detail, code }), { status, headers });
}
