export const LOGIN_STYLE = `
  :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
  body { display: grid; place-content: center; min-height: 100vh; margin: 0; }
  form { display: grid; gap: 0.75rem; width: min(24rem, 90vw); }
  h1 { margin: 0; font-size: 1.5rem; }
  input, button { font: inherit; padding: 0.5rem 0.75rem; border: 1px solid GrayText; border-radius: 0.375rem; }
  p { margin: 0; min-height: 1.5em; }
`;

/** Sends the credential to where it becomes a cookie, and goes on to the page that was asked for: one of this origin. */
export const LOGIN_SCRIPT = `
  const form = document.querySelector("form");
  const status = document.querySelector("[role=status]");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    status.textContent = "";
    const credential = form.elements.credential.value.trim();
    try {
      const response = await fetch("/session", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ credential }),
      });
      if (!response.ok) throw new Error((await response.json()).message);
      const next = new URL(new URLSearchParams(location.search).get("next") ?? "/", location.origin);
      location.replace(next.origin === location.origin ? next.href : "/");
    } catch (error) {
      status.textContent = error.message;
    }
  });
`;

export const LOGIN_PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <link rel="icon" href="data:,">
    <title>Segmeter: log in</title>
    <style>${LOGIN_STYLE}</style>
  </head>
  <body>
    <form>
      <h1>Segmeter</h1>
      <input name="username" value="segmeter" autocomplete="username" hidden>
      <label for="credential">API key or token</label>
      <input id="credential" name="credential" type="password" autocomplete="current-password" required autofocus>
      <button>Log in</button>
      <p role="status"></p>
    </form>
    <script>${LOGIN_SCRIPT}</script>
  </body>
</html>
`;
