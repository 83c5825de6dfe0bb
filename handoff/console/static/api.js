// The desk's JSON API. Every failure is an ApiError with the server's code; `network` means that no answer came.

const TOKEN = "okienko.token"; // sessionStorage: a token lives as long as its tab

export class ApiError extends Error {
  constructor(status, code, message) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

let whenExpired = () => {};

export const token = () => sessionStorage.getItem(TOKEN);

/** Called once when the server no longer accepts the token. */
export function onExpired(callback) {
  whenExpired = callback;
}

export async function login(name, password) {
  const answer = await request("POST", "/login", { login: name, password });
  sessionStorage.setItem(TOKEN, answer.token);
  return answer.agent;
}

/** Forgets the token here at once; the server is told too, but leaving does not wait for it. */
export function logout() {
  if (token()) request("POST", "/logout").catch(() => {});
  sessionStorage.removeItem(TOKEN);
}

export const get = (path, params = {}) => {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) {
    if (value !== null && value !== undefined && value !== "") query.set(name, value);
  }
  const text = query.toString();
  return request("GET", text ? `${path}?${text}` : path);
};

export const post = (path, body) => request("POST", path, body);

async function request(method, path, body) {
  const sentWith = token();
  const headers = { Accept: "application/json" };
  if (sentWith) headers.Authorization = `Bearer ${sentWith}`;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let response;
  try {
    response = await fetch(`/api/v1${path}`, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(20_000),
    });
  } catch {
    throw new ApiError(0, "network", "");
  }
  if (response.status === 204) return null;
  const answer = await response.json().catch(() => null);
  if (response.ok && answer !== null) return answer;
  // A 401 to a request of an earlier login must not end the present one.
  if (response.status === 401 && sentWith && sentWith === token() && path !== "/login") {
    sessionStorage.removeItem(TOKEN);
    whenExpired();
  }
  const error = answer?.error ?? {};
  throw new ApiError(response.status, error.code ?? `http_${response.status}`, error.message ?? "");
}
