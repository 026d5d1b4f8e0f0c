/** Lets the page of an allowed origin read our answers. Its origin has been checked. */
export function withCors(origin: string | null, response: Response): Response {
  if (origin === null) return response
  response.headers.set('access-control-allow-origin', origin)
  response.headers.append('vary', 'origin')
  response.headers.set('access-control-expose-headers', 'mcp-session-id, www-authenticate')
  return response
}

/** The browser's own question before a call; it carries no token. */
export const preflight = (request: Request): Response =>
  new Response(null, {
    status: 204,
    headers: {
      'access-control-allow-methods': 'GET, POST, DELETE',
      'access-control-allow-headers': request.headers.get('access-control-request-headers') ?? '',
      'access-control-max-age': '600',
    },
  })
