// Conditional requests (RFC 9110 section 13), for answers that the edge has.

/** The answer, or 304 with what a client updates its copy with when it has the answer already. */
export function unlessKnown(request: Request, response: Response): Response {
  if (response.status !== 200 || !isKnown(request.headers.get("if-none-match"), response.headers.get("etag"))) return response;
  const headers = new Headers(response.headers);
  headers.delete("content-type");
  headers.delete("content-length");
  return new Response(null, { status: 304, headers });
}

/** `If-None-Match` compares weakly: a `W/` in front of a tag makes no difference (section 13.1.2). */
function isKnown(list: string | null, tag: string | null): boolean {
  if (list === null || tag === null) return false;
  if (list.trim() === "*") return true;
  const tags = list.matchAll(/(?:W\/)?("[^"]*")/g);
  return tags.some(([, known]) => known === tag.replace(/^W\//, ""));
}
